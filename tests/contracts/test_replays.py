"""Ten thousand replays of a message change nothing after the first, whichever way it comes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest
from tests.channels.mcp.talking import MODERN
from tests.desk import DeskProcess, running
from tests.journeys.garage import MISFIRE
from tests.line import line
from tests.saying import Caller, a_caller, a_centre, receipt, report
from tests.waiting import until

from thingdesk.platform import ids
from thingdesk.platform.database import Database

pytestmark = pytest.mark.timeout(300)
REPLAYS, BATCH, AT_ONCE = 10_000, 500, 25
COUNTED = (
    "select count(*) from report where reporter = $1",
    "select count(*) from desk_case where subject = $1",
    """select count(*) from timeline_event e join desk_case c on e.stream = 'case:' || c.id
    where c.subject = $1""",
    "select count(*) from notice where to_id = $1",
    "select coalesce(sum(reports), 0) from desk_case where subject = $1",
)


@pytest.fixture(scope="module")
async def desk(
    tmp_path_factory: pytest.TempPathFactory, database: Database, database_url: str
) -> AsyncIterator[DeskProcess]:
    folder = tmp_path_factory.mktemp("desk") / "desk"
    await a_centre(database)
    async with running(folder, database_url=database_url, calls=1_000_000) as one:
        yield one
        assert "Traceback" not in one.log(), one.log()


@pytest.fixture
async def car(desk: DeskProcess, database: Database) -> AsyncIterator[Caller]:
    async with httpx.AsyncClient(base_url=desk.http, timeout=60) as http:
        yield await a_caller(database, http)


async def _stands(database: Database, car: Caller) -> list[int]:
    async with database.transaction() as tx:
        return [await tx.fetchval(sql, car.id) for sql in COUNTED]


async def _asked(database: Database, car: Caller) -> list[int]:
    """How it stands once its journey waits for the owner: nothing happens by itself then."""

    async def waits() -> bool:
        async with database.transaction() as tx:
            sql = (
                "select count(*) from decision d join desk_case c on c.id = d.case_id"
                " where c.subject = $1"
            )
            return bool(await tx.fetchval(sql, car.id))

    await until(waits)
    return await _stands(database, car)


async def test_of_a_report_over_mqtt_and_http(
    desk: DeskProcess, database: Database, car: Caller
) -> None:
    one = report(car.id)
    case = await car.case_of(one)
    before = await _asked(database, car)
    keys = (await car.http.get("/v1/desk")).json()["keys"]
    async with line(car.signing, desk.mqtt_port) as wire:
        for _ in range(REPLAYS // BATCH // 2):
            wire.send("reports", [one] * BATCH)
            answered = 0
            while answered < BATCH:
                for said in await wire.heard():
                    found = receipt(said["data"]["receipt"], keys, car.id)
                    assert {it["case"] for it in found} == {case}
                    answered += len(found)
    for _ in range(REPLAYS // BATCH // 2):
        answer = await car.say("reports", [one] * BATCH)
        assert answer.json()["refused"] == []
        assert {it["case"] for it in (await car.verified(answer)).values()} == {case}
    assert await _stands(database, car) == before


Again = Callable[[Caller, str], Awaitable[str]]


async def over_services(car: Caller, name: str) -> str:
    headers = {"Authorization": f"Bearer {car.signing.token()}", "Idempotency-Key": name}
    answer = await car.http.post("/v1/services/vehicle.repair", json=MISFIRE, headers=headers)
    assert answer.is_success, answer.text
    return httpx.URL(answer.headers["location"]).path.rpartition("/")[2]


async def over_mcp(car: Caller, name: str) -> str:
    meta = {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
        "thingdesk/request_id": name,
    }
    params = {"name": "vehicle.repair", "arguments": MISFIRE, "_meta": meta}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    headers = {
        "accept": "application/json, text/event-stream",
        "mcp-protocol-version": MODERN,
        "mcp-method": "tools/call",
        "mcp-name": "vehicle.repair",
        "authorization": f"Bearer {car.signing.token()}",
    }
    answer = await car.http.post("/mcp", json=body, headers=headers)
    case: str = answer.json()["result"]["structuredContent"]["case"]
    return case


async def over_a2a(car: Caller, name: str) -> str:
    data = {"service": "vehicle.repair", "input": MISFIRE}
    message = {"messageId": name, "role": "ROLE_USER", "parts": [{"data": data}]}
    params = {"message": message, "configuration": {"returnImmediately": True}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "SendMessage", "params": params}
    headers = {"authorization": f"Bearer {car.signing.token()}", "a2a-version": "1.0"}
    answer = await car.http.post("/a2a", json=body, headers=headers)
    task: str = answer.json()["result"]["task"]["id"]
    return task


@pytest.mark.parametrize("again", [over_services, over_mcp, over_a2a])
async def test_of_a_request_of_an_agent(database: Database, car: Caller, again: Again) -> None:
    """A thousand by each: below the three is one and the same, which is proven ten times as often
    in `tests/dialogue/test_turns.py`.
    """
    name = str(ids.new())
    case = await again(car, name)
    before = await _asked(database, car)
    for _ in range(1000 // AT_ONCE):
        found = await asyncio.gather(*(again(car, name) for _ in range(AT_ONCE)))
        assert set(found) == {case}
    assert await _stands(database, car) == before
