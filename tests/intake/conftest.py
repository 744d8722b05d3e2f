from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from tests.desk import DeskProcess, running
from tests.line import Line, line
from tests.saying import Caller, Event, a_caller, a_centre, receipts

from thingdesk import parties
from thingdesk.parties import Role
from thingdesk.platform.database import Database

FAILS = ("faulty.divide, version 1 failed for", "could not be answered")


@pytest.fixture(scope="module")
async def desk(
    tmp_path_factory: pytest.TempPathFactory, database: Database, database_url: str
) -> AsyncIterator[DeskProcess]:
    """A running desk that the tests of a module share; nothing that they do may make it fail."""
    folder = tmp_path_factory.mktemp("desk") / "desk"
    await a_centre(database)
    async with database.transaction() as tx:
        await parties.add_staff(tx, "staff@example.org", "Staff", [Role.ADMIN])
    more = {"database_url": database_url, "packs": "tests.intake.faulty_pack"}
    async with running(folder, **more) as one:
        yield one
        failed = [line for line in one.log().splitlines() if " ERROR " in line]
        assert all(any(known in line for known in FAILS) for line in failed), one.log()


@pytest.fixture(scope="module")
async def http(desk: DeskProcess) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=desk.http, timeout=20) as client:
        yield client


@pytest.fixture(scope="module")
async def car(database: Database, http: httpx.AsyncClient) -> Caller:
    return await a_caller(database, http)


@pytest.fixture
async def other(database: Database, http: httpx.AsyncClient) -> Caller:
    return await a_caller(database, http)


@pytest.fixture(scope="module")
async def wire(desk: DeskProcess, car: Caller) -> AsyncIterator[Line]:
    async with line(car.signing, desk.mqtt_port) as one:
        yield one


@dataclass
class Answer:
    """What a machine was answered, the same from each channel."""

    receipts: list[str]
    refused: list[Event]


@dataclass
class Way:
    """One of the two ways by which the same machine reaches the desk."""

    car: Caller
    wire: Line | None

    async def say(self, kind: str, said: Any) -> Answer:
        if self.wire is not None:
            down = await self.wire.say(kind, said)
            signed = [one["data"]["receipt"] for one in down if one["type"] == "thingdesk.receipt"]
            refused = [one["data"] for one in down if one["type"] == "thingdesk.refusal"]
            return Answer(signed, refused)
        more = {"content": said} if isinstance(said, bytes) else {"json": said}
        answer = (await self.car.call("POST", f"/v1/{kind}", **more)).json()
        if "code" in answer:
            return Answer([], [answer | {"reason": answer["detail"]}])
        return Answer(answer["receipts"], answer["refused"])

    async def receipts(self, kind: str, said: Any) -> dict[str, Event]:
        answer = await self.say(kind, said)
        assert answer.receipts, answer.refused
        keys = (await self.car.http.get("/v1/desk")).json()["keys"]
        return receipts(answer.receipts, keys, self.car.id)


@pytest.fixture(params=["http", "mqtt"])
def way(request: pytest.FixtureRequest, car: Caller, wire: Line) -> Way:
    return Way(car, wire if request.param == "mqtt" else None)


Stored = Callable[[], Awaitable[list[int]]]
REPORTS = 2
"""Where the number of reports is in what `stored` counts."""


@pytest.fixture
def stored(database: Database, car: Caller) -> Stored:
    """How much of what the machine has ever said is in the tables."""

    async def count() -> list[int]:
        async with database.transaction() as tx:
            return [
                await tx.fetchval(sql, car.id)
                for sql in (
                    "select count(*) from signal where machine = $1",
                    "select count(*) from signal_event where machine = $1",
                    "select count(*) from report where reporter = $1",
                    "select count(*) from desk_case where subject = $1",
                    "select count(*) from service_memory where subject = $1",
                )
            ]

    return count
