"""What any broker is asked for before it is told anything."""

import httpx
import pytest
from starlette.routing import Router
from tests.channels.brokers.conftest import SECRET

from thingdesk.access import Callers
from thingdesk.channels import brokers
from thingdesk.platform.database import Database

PATHS = (
    "emqx/authentication",
    "emqx/authorization",
    "mosquitto/user",
    "mosquitto/superuser",
    "mosquitto/acl",
)
ASKED = {"username": "press-1", "clientid": "press-1", "password": "x"}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "shown",
    [
        {},
        {"Authorization": f"Bearer {SECRET[:-1]}"},
        {"Authorization": f"Bearer {SECRET}é".encode()},
        {"Authorization": SECRET},
        {"Authorization": "Basic !"},
        {"Authorization": f"Digest {SECRET}"},
    ],
)
async def test_who_does_not_show_the_secret_is_told_nothing(
    http: httpx.AsyncClient, path: str, shown: dict[str, str]
) -> None:
    answer = await http.post(f"/brokers/{path}", json=ASKED, headers=shown)
    assert answer.status_code == httpx.codes.UNAUTHORIZED
    assert "result" not in answer.json()


async def test_the_secret_may_come_as_a_password(http: httpx.AsyncClient) -> None:
    basic = httpx.BasicAuth("broker", SECRET)
    answer = await http.post("/brokers/emqx/authentication", json=ASKED, auth=basic)
    assert answer.json()["result"] == "ignore"


async def test_without_a_secret_nobody_may_ask(database: Database) -> None:
    app = Router()
    async with (
        Callers(database, "http://desk.example") as callers,
        brokers.answering(app, database, callers, None),
    ):
        assert app.routes == []


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b"\xff", b"x" * 50_000, b'{"username": "' + b"x" * 50_000 + b'"}'],
)
@pytest.mark.parametrize("path", ["emqx/authorization", "mosquitto/user"])
async def test_what_is_no_question_is_no_yes(
    http: httpx.AsyncClient, path: str, body: bytes
) -> None:
    bearer = {"Authorization": f"Bearer {SECRET}"}
    answer = await http.post(f"/brokers/{path}", content=body, headers=bearer)
    assert answer.status_code == httpx.codes.BAD_REQUEST
