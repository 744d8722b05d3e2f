"""What any broker is asked for before it is told anything."""

import httpx
import pytest
from starlette.routing import Router
from tests.channels.brokers.conftest import SECRET, Broker

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
URL = "/brokers/emqx/authentication"
WRONG = {"Authorization": "Bearer a guess at the secret"}


def at(app: Router, address: str) -> httpx.AsyncClient:
    """Of somebody who calls from there."""
    transport = httpx.ASGITransport(app, client=(address, 4711))
    return httpx.AsyncClient(transport=transport, base_url="http://desk")


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
    said = "is not the right one" if shown else "is missing"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"].startswith(f"the broker's secret {said}; send ")


async def test_who_guesses_at_it_is_refused_for_a_while_and_the_broker_is_not(
    database: Database,
) -> None:
    app = Router()
    async with (
        Callers(database, "http://desk.example") as callers,
        brokers.answering(app, database, callers, SECRET),
        at(app, "203.0.113.9") as stranger,
        at(app, "192.0.2.7") as there,
    ):
        broker = Broker(there)
        answers = [await stranger.post(URL, json=ASKED, headers=WRONG) for _ in range(12)]
        assert {one.status_code for one in answers[:10]} == {401}
        late = answers[-1]
        assert late.status_code == httpx.codes.TOO_MANY_REQUESTS
        assert int(late.headers["retry-after"]) >= 1
        assert "after too many wrong ones" in late.json()["detail"]
        assert (await Broker(stranger).ask("emqx/authentication", **ASKED)).status_code == 429
        # neither from elsewhere nor from behind its own address
        for _ in range(12):
            assert await broker.result("authentication", **ASKED) == "ignore"
            assert (await there.post(URL, json=ASKED, headers=WRONG)).status_code == 401


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
