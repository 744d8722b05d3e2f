"""What goes from hand to hand comes to an end, whichever ways in and out it takes; and how far it
has gone is kept with the report that says so, whatever fails or dies.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.channels.mcp.talking import MODERN
from tests.desk import DeskProcess, running
from tests.journeys.garage import MISFIRE
from tests.line import Line, line
from tests.listener import Listener, listening
from tests.machine.conftest import QUICK
from tests.parties.making import an_owner, unique
from tests.saying import Caller, Event, a_caller, a_centre, receipts, report
from tests.waiting import until

from thingdesk import parties
from thingdesk.cases import MOST_HOPS
from thingdesk.parties import NewMachine
from thingdesk.platform.database import Database
from thingdesk_machine import Identity, Machine, Refused, desk_keys

pytestmark = pytest.mark.timeout(180)
Ask = Callable[[int], Awaitable[dict[str, Any]]]
TOO_MANY = ("too_many_hops", "contact_us")


@pytest.fixture(scope="module")
async def desk(
    tmp_path_factory: pytest.TempPathFactory, database: Database, database_url: str
) -> AsyncIterator[DeskProcess]:
    folder = tmp_path_factory.mktemp("desk") / "desk"
    await a_centre(database)
    more = {"database_url": database_url, "webhook_networks": "127.0.0.0/8"}
    async with running(folder, **more) as one:
        yield one


@pytest.fixture
async def car(desk: DeskProcess, database: Database) -> AsyncIterator[Caller]:
    async with httpx.AsyncClient(base_url=desk.http, timeout=60) as http:
        yield await a_caller(database, http)


def asking(car: Caller, wire: Line) -> list[Ask]:
    """To ask for the same after so many hands: over MQTT, MCP and HTTP; what is answered."""

    async def by_mqtt(hops: int) -> dict[str, Any]:
        one = report(car.id, hops=hops)
        (said,) = await wire.say("reports", one)
        data: dict[str, Any] = said["data"]
        if said["type"] == "thingdesk.refusal":
            return data
        keys = (await car.http.get("/v1/desk")).json()["keys"]
        return receipts([data["receipt"]], keys, car.id)[one["id"]]

    async def by_mcp(hops: int) -> dict[str, Any]:
        meta = {
            "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientCapabilities": {},
            "thingdesk/hops": hops,
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
        said: dict[str, Any] = answer.json()["result"]["structuredContent"]
        return said

    async def by_http(hops: int) -> dict[str, Any]:
        said: dict[str, Any] = (await asked(car, MISFIRE, hops)).json()
        return said if "code" in said else said["case"]

    return [by_mqtt, by_mcp, by_http]


async def asked(car: Caller, given: dict[str, Any], hops: int, **more: str) -> httpx.Response:
    bearer = {"Authorization": f"Bearer {car.signing.token()}", "Thingdesk-Hops": str(hops)}
    path = "/v1/services/vehicle.repair"
    return await car.http.post(path, json=given, headers={**bearer, **more})


async def _told(listener: Listener) -> int:
    """What the next webhook says to pass on."""
    request = await asyncio.wait_for(listener.requests.get(), 60)
    hops: int = json.loads(request.body)["data"]["hops"]
    return hops


async def test_a_circle_over_all_ways_in_and_out_ends_with_the_same_word(
    desk: DeskProcess, car: Caller
) -> None:
    async with line(car.signing, desk.mqtt_port) as wire, listening() as listener:
        hook = {"url": listener.url, "kinds": ["case.opened", "case.joined"]}
        made = await car.call("POST", "/v1/hooks", json=hook)
        assert made.status_code == 201, made.text
        await listener.requests.get()
        ways, hops, cases = asking(car, wire), 0, set()
        for ask in islice(cycle(ways), MOST_HOPS + 1):
            said = await ask(hops)
            cases.add(said["case"])
            assert await _told(listener) == said["hops"] == hops + 1
            hops += 1
        assert len(cases) == 1
        for ask in ways:
            said = await ask(hops)
            assert (said["code"], said["recovery"]) == TOO_MANY
        # nothing was told of what was refused: what is told next is of the next
        other = (await asked(car, {"code": "P0420"}, 0)).json()["case"]["case"]
        told = await asyncio.wait_for(listener.requests.get(), 60)
        assert json.loads(told.body)["data"]["case"] == other


@asynccontextmanager
async def two_cars(
    desk: DeskProcess, database: Database, folder: Path
) -> AsyncIterator[tuple[Machine, Machine]]:
    """Of one owner, both over MQTT."""
    identities = [Identity.create(unique("car")) for _ in range(2)]
    owner, keys = an_owner(), await desk_keys(desk.http)
    async with database.transaction() as tx:
        await parties.register(
            tx,
            [
                NewMachine(one.machine, "car", "car", key=one.public_jwk["x"], owner=owner)
                for one in identities
            ],
        )
    one, other = [
        Machine(
            identity=identity,
            desk=desk.mqtt,
            queue=folder / f"{identity.machine}.queue",
            desk_keys=keys,
            options=QUICK,
        )
        for identity in identities
    ]
    async with one, other:
        yield one, other


async def test_two_that_answer_each_other_come_to_an_end_over_mqtt_alone(
    desk: DeskProcess, database: Database, tmp_path: Path
) -> None:
    """Each time with another problem, which is a case of its own: without an end it would go on."""
    heard: list[int] = []

    async def say(by: Machine, about: Machine, hops: int) -> None:
        given, subject = {"code": f"P03{len(heard):02}"}, about.identity.machine
        receipt = await by.report("vehicle.repair", given, subject=subject, hops=hops)
        assert receipt.hops == hops + 1

    async def answer(by: Machine, about: Machine) -> None:
        async for notice in by.notices():
            if notice.kind == "case.opened":
                heard.append(notice.hops)
                await say(by, about, notice.hops)

    async with asyncio.timeout(120), two_cars(desk, database, tmp_path) as (one, other):
        await say(one, other, 0)
        both = {asyncio.create_task(answer(*them)) for them in ((one, other), (other, one))}
        ended, going = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        for task in going:
            task.cancel()
        with pytest.raises(Refused) as caught:
            await ended.pop()
    assert (caught.value.code, caught.value.recovery) == TOO_MANY
    assert heard == list(range(1, MOST_HOPS + 2))


async def _cases(database: Database, car: Caller) -> int:
    async with database.transaction() as tx:
        sql = "select count(*) from desk_case where subject = $1"
        return int(await tx.fetchval(sql, car.id))


async def _by_event(car: Caller, name: str) -> tuple[str, int]:
    """Ask after three hands; the case and what is said of it to pass on."""
    one: Event = report(car.id, id=name, time="2026-11-22T12:00:00+00:00", hops=3)
    entry = (await car.receipts("reports", one))[name]
    return entry["case"], entry["hops"]


async def _by_header(car: Caller, name: str) -> tuple[str, int]:
    answer = await asked(car, MISFIRE, 3, **{"Idempotency-Key": name})
    assert answer.is_success, answer.text
    case = answer.json()["case"]
    return case["case"], case["hops"]


Named = Callable[[Caller, str], Coroutine[Any, Any, tuple[str, int]]]
WAYS = pytest.mark.parametrize("ask", [_by_event, _by_header])


@WAYS
async def test_a_report_whose_hops_cannot_be_kept_is_not_kept(
    car: Caller, database: Database, ask: Named
) -> None:
    async with database.transaction() as tx:
        await tx.execute("alter table case_hops add constraint shut check (hops = 0) not valid")
    try:
        with pytest.raises(AssertionError, match="desk_failed"):
            await ask(car, "once")
        assert await _cases(database, car) == 0
    finally:
        async with database.transaction() as tx:
            await tx.execute("alter table case_hops drop constraint shut")
    first = await ask(car, "once")
    assert first[1] == 4
    assert await ask(car, "once") == first
    assert await _cases(database, car) == 1


@WAYS
async def test_killed_while_hops_are_written_it_has_stored_nothing_and_takes_the_repeat(
    desk: DeskProcess,
    car: Caller,
    database: Database,
    ask: Named,
) -> None:
    async def waits() -> bool:
        async with database.transaction() as tx:
            sql = "select count(*) from pg_locks where not granted and relation = $1::regclass"
            return bool(await tx.fetchval(sql, "case_hops"))

    async with database.transaction() as tx:
        await tx.execute("lock table case_hops in share mode")
        asking = asyncio.create_task(ask(car, "once"))
        await until(waits)
        desk.kill()
    with suppress(httpx.HTTPError):
        await asking
    assert await _cases(database, car) == 0
    await desk.start()
    first = await ask(car, "once")
    assert first[1] == 4
    assert await ask(car, "once") == first
    assert await _cases(database, car) == 1
    assert (await car.get(f"/v1/cases/{first[0]}"))["hops"] == 4
