"""The database stands still: memory stays bounded, machines are told to wait, nothing is lost."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest
from tests.desk import STOP_WITHIN, DeskProcess, running
from tests.intake.test_flood import a_fleet
from tests.line import Line, line
from tests.parties.making import Signing
from tests.ports import free_port
from tests.proxy import Proxy, at_port, proxying, to_database
from tests.saying import Caller, Event, refused, signal
from tests.waiting import until

from thingdesk.parties import NewMachine, register
from thingdesk.platform.database import Database
from thingdesk_machine import Backoff, Identity, Machine, Options, desk_keys

MACHINES, EACH = 120, 400
MOST_MEMORY = 200 * 1024 * 1024
SOON = 60.0


@dataclass
class Site:
    desk: DeskProcess
    way: Proxy
    database: Database
    folder: Path
    operations: int

    def memory(self) -> int:
        resident: int = psutil.Process(self.desk.pid).memory_info().rss
        return resident

    async def told_and_stored(self) -> float:
        """How many events of machines the desk has counted, stored or refused."""
        async with httpx.AsyncClient(timeout=30) as http:
            answer = await http.get(f"http://127.0.0.1:{self.operations}/metrics")
        counted = r"^thingdesk_(?:events|refusals)_total\{.*\} (\S+)$"
        return sum(map(float, re.findall(counted, answer.text, re.MULTILINE)))


@pytest.fixture(scope="module")
async def site(
    tmp_path_factory: pytest.TempPathFactory, database: Database, database_url: str
) -> AsyncIterator[Site]:
    folder, port = tmp_path_factory.mktemp("slow"), free_port()
    async with proxying(to_database(database_url)) as way:
        given = {"database_url": at_port(database_url, way.port), "operations_port": port}
        async with running(folder / "desk", **given) as desk:
            yield Site(desk, way, database, folder, port)


async def test_memory_is_bounded_and_machines_are_told_to_wait(site: Site) -> None:
    spare, *fleet = await a_fleet(site.database, MACHINES + 1)
    async with AsyncExitStack() as stack:
        lines = [await stack.enter_async_context(line(one, site.desk.mqtt_port)) for one in fleet]
        other = lines.pop()
        site.way.free.clear()
        before = site.memory()
        try:
            for one in lines:
                await _say_much(one)
            refusal, said = await _answer(other, "refusal")
            grown = site.memory() - before
            await _is_told_to_wait_over_http(site, spare)
        finally:
            site.way.free.set()
        assert refusal["data"]["code"] == "desk_busy"
        assert refusal["data"]["recovery"] == "retry"
        assert grown < MOST_MEMORY, f"{grown / 1024 / 1024:.0f} MiB"
        _, again = await _answer(other, "receipt")
        sent = len(lines) * EACH + said + again

        async def all_counted() -> bool:
            return await site.told_and_stored() >= sent

        await until(all_counted, within=30)
        assert await site.told_and_stored() == sent, "nothing is dropped without a word"


async def _is_told_to_wait_over_http(site: Site, who: Signing) -> None:
    async with httpx.AsyncClient(base_url=site.desk.http, timeout=10) as http:
        answers = await asyncio.gather(
            Caller(who, http).say("signals", _signal(who, "over-http")),
            # more than there are connections to the database
            *(http.get("/v1/jobs/any") for _ in range(40)),
        )
    for answer in answers:
        refused(answer, 503, "desk_busy", "retry")


async def _say_much(one: Line) -> None:
    """Telemetry for which no receipt is wanted: no broker holds it back."""
    for n in range(EACH):
        payload = json.dumps(_signal(one.who, f"{n}")).encode()
        one.publish(f"td/{one.who.machine}/signals", payload, qos=0)
        if n % 100 == 0:
            await asyncio.sleep(0)


def _signal(who: Signing, name: str) -> Event:
    return signal(who.machine, id=f"{who.machine}:{name}")


async def _answer(other: Line, kind: str) -> tuple[Event, int]:
    """The first answer of this kind to what it says, again and again, and how often it said that;
    it is not answered at all while it waits for the database.
    """
    number = 0

    async def answered() -> list[Event]:
        nonlocal number
        number += 1
        other.send("signals", _signal(other.who, f"{kind}-{number}"))
        with suppress(TimeoutError):
            return [one for one in await other.heard(0.3) if one["type"] == f"thingdesk.{kind}"]
        return []

    found = await until(answered, within=90)
    return found[0], number


async def test_nothing_is_lost_and_all_is_stored_soon_after(site: Site) -> None:
    identity = Identity.create("patient")
    new = NewMachine("patient", "press", "press", key=identity.public_jwk["x"])
    async with site.database.transaction() as tx:
        await register(tx, [new])
    machine = Machine(
        identity=identity,
        desk=f"mqtt://127.0.0.1:{site.desk.mqtt_port}",
        queue=site.folder / "patient.queue",
        desk_keys=await desk_keys(site.desk.http),
        options=Options(patience=Backoff(0.5, 2.0)),
    )
    async with machine:
        await machine.connected()
        for n in range(2000):
            await machine.signal({"temperature": 20.0, "number": n}, event_id=f"s{n}")
            if n == 100:
                site.way.free.clear()
            if n == 1500:
                await _fails_to_answer(site)
                site.way.free.set()
        async with asyncio.timeout(SOON):
            await machine.drained()
    async with site.database.transaction() as tx:
        rows = await tx.fetch("select event_id from signal where machine = 'patient'")
    assert sorted(row["event_id"] for row in rows) == sorted(f"s{n}" for n in range(2000))


async def _fails_to_answer(site: Site) -> None:
    """The desk says itself that its database does not answer."""

    async def not_ready() -> bool:
        async with httpx.AsyncClient(base_url=site.desk.http, timeout=10) as http:
            return (await http.get("/ready")).status_code == httpx.codes.SERVICE_UNAVAILABLE

    await until(not_ready)


async def test_it_ends_in_time_all_the_same(site: Site) -> None:
    (one,) = await a_fleet(site.database, 1)
    async with line(one, site.desk.mqtt_port) as busy:
        site.way.free.clear()
        try:
            await _say_much(busy)
            await _fails_to_answer(site)
            assert await site.desk.stop() < STOP_WITHIN
        finally:
            site.way.free.set()
