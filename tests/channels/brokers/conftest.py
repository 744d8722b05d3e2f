from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest
from starlette.routing import Router
from tests.parties.making import Signing, registered

from thingdesk.access import Callers
from thingdesk.channels import brokers
from thingdesk.platform.database import Database

SECRET = "a secret of the broker"
DESK = "http://desk.example"


@dataclass
class Broker:
    """Asks the desk as a broker does, with its secret, and gets what it says."""

    http: httpx.AsyncClient

    async def ask(self, path: str, **given: str | int) -> httpx.Response:
        bearer = {"Authorization": f"Bearer {SECRET}"}
        return await self.http.post(f"/brokers/{path}", json=given, headers=bearer)

    async def result(self, path: str, **given: str) -> str:
        answer = await self.ask(f"emqx/{path}", **given)
        assert answer.status_code == httpx.codes.OK, answer.text
        said: str = answer.json()["result"]
        return said


@pytest.fixture
async def http(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    app = Router()
    async with (
        Callers(database, DESK) as callers,
        brokers.answering(app, database, callers, SECRET),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://desk") as http,
    ):
        yield http


@pytest.fixture
def broker(http: httpx.AsyncClient) -> Broker:
    return Broker(http)


@pytest.fixture
async def press(database: Database) -> Signing:
    return await registered(database)
