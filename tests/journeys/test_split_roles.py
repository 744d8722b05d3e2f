"""Every role in a process of its own, on a PostgreSQL and an MQTT 5 broker of somebody's."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from tests.desk import DeskProcess, all_running
from tests.journeys.outside import HERE, settle_in
from tests.machine.brokers import MOSQUITTO, mosquitto
from tests.machine.conftest import QUICK
from tests.parties.making import unique
from tests.waiting import until

from thingdesk import cases, fulfilment, parties
from thingdesk.cases import Outcome, State
from thingdesk.parties import NewMachine
from thingdesk.platform import clock
from thingdesk.platform.database import Database
from thingdesk_machine import Identity, Ledger, Machine, desk_keys

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed")
QUICK_5 = replace(QUICK, mqtt="5")
HALF_AN_HOUR, TEN_MINUTES = timedelta(minutes=30), timedelta(minutes=10)


@dataclass
class Site:
    """The processes, and how machines reach them."""

    web: DeskProcess
    ingest: tuple[DeskProcess, DeskProcess]
    broker: str
    database: Database
    folder: Path

    async def machine(self, clock: Callable[[], datetime] | None = None) -> Machine:
        """A new press, registered and not yet connected, that plays hours within seconds."""
        identity = Identity.create(unique("press"))
        async with self.database.transaction() as tx:
            key = identity.public_jwk["x"]
            new = NewMachine(
                identity.machine, "press", "press 7", key=key, position=HERE, recorded=True
            )
            await parties.register(tx, [new])
        return Machine(
            identity=identity,
            desk=self.broker,
            queue=self.folder / f"{identity.machine}.queue",
            desk_keys=await desk_keys(self.web.http),
            options=QUICK_5,
            clock=clock,
        )

    async def signals_of(self, machine: Machine) -> int:
        async with self.database.transaction() as tx:
            count: int = await tx.fetchval(
                "select count(*) from signal where machine = $1", machine.identity.machine
            )
        return count


@pytest.fixture(scope="module")
async def site(
    tmp_path_factory: pytest.TempPathFactory, database: Database, database_url: str
) -> AsyncIterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    await settle_in(database)
    async with mosquitto(folder) as url, AsyncExitStack() as stack:
        common: dict[str, Any] = {"database_url": database_url, "broker_url": url}
        web, one, two, work = [
            DeskProcess(folder / name, roles=name.split("-")[0], **common)
            for name in ("web", "ingest-1", "ingest-2", "work")
        ]
        await stack.enter_async_context(all_running(web, one, two, work))
        yield Site(web, (one, two), url, database, folder)


async def say(
    machine: Machine, value: float, start: datetime, times: int, every: timedelta
) -> None:
    for n in range(times):
        await machine.signal({"temperature": value}, at=start + n * every)
    async with asyncio.timeout(60):
        await machine.drained()


async def repair(site: Site, machine: Machine) -> UUID:
    """The provider does the job that the fault led to; the case."""

    async def offered() -> list[fulfilment.Job]:
        async with site.database.transaction() as tx:
            found = await cases.search(
                tx, cases.CaseFilter(subject=machine.identity.machine, most=10)
            )
            return [job for case in found for job in await fulfilment.jobs_of(tx, case.id)]

    (job,) = await until(offered)
    async with site.database.transaction() as tx:
        key = await parties.desk_key(tx)
    token = parties.sign_link(key, "job", job.id, clock.now() + timedelta(hours=1))
    async with httpx.AsyncClient(base_url=site.web.http, timeout=30) as http:
        for action in ("accept", "done"):
            said = {"action": action, "words": "It is done."}
            answer = await http.post(f"/v1/jobs/{token}", json=said)
            assert answer.status_code == httpx.codes.OK, answer.text
    return job.offer.case_id


@pytest.mark.parametrize("years", [-20, 20])
async def test_a_clock_that_is_years_off_is_served(site: Site, years: int) -> None:
    """The broker knows machines by itself, whatever the time is."""
    off = timedelta(days=366 * years)
    async with asyncio.timeout(60), await site.machine(lambda: datetime.now(UTC) + off) as machine:
        await machine.signal({"temperature": 80}, wait=True)
        await machine.signal({"temperature": 80}, wait=True)
        assert machine.desk_time is not None
        assert abs(machine.desk_time - datetime.now(UTC)) < timedelta(seconds=20)
    async with site.database.transaction() as tx:
        rows = await tx.fetch(
            "select at, received_at, trusted from signal where machine = $1",
            machine.identity.machine,
        )
    assert [(row["trusted"], row["at"] == row["received_at"]) for row in rows] == [
        (False, True)
    ] * 2


async def test_a_fault_becomes_a_verified_case(site: Site) -> None:
    now = datetime.now(UTC)
    async with await site.machine() as machine:
        await say(machine, 80, now - timedelta(hours=17), 2, HALF_AN_HOUR)
        await say(machine, 60, now - timedelta(hours=16), 27, HALF_AN_HOUR)
        case_id = await repair(site, machine)

        async def state() -> cases.Case:
            async with site.database.transaction() as tx:
                found = await cases.get(tx, case_id)
            assert found
            return found

        async def verifying() -> bool:
            return (await state()).state is State.VERIFYING

        await until(verifying)
        await say(machine, 90, now - timedelta(hours=2), 12, TEN_MINUTES)
        async with asyncio.timeout(60):
            async for notice in machine.notices():
                if notice.kind == "case.ended":
                    assert notice.case == str(case_id)
                    assert notice.data["outcome"] == Outcome.VERIFIED
                    break
        assert (await state()).outcome is Outcome.VERIFIED
        assert await site.signals_of(machine) == 41


async def test_a_dead_receiver_loses_nothing(site: Site) -> None:
    """Nor one that comes back: each message is taken by somebody, and each event is kept once."""
    async with await site.machine() as machine:
        for n in range(300):
            await machine.signal({"temperature": 90 + n % 5})
            if n == 100:
                await machine.connected()
                site.ingest[0].kill()
            if n == 200:
                site.ingest[0].spawn()
        async with asyncio.timeout(60):
            await machine.drained()
        assert await site.signals_of(machine) == 300
        await site.ingest[0].ready()
    with Ledger(site.folder / f"{machine.identity.machine}.queue") as ledger:
        assert {one.ending for one in ledger.events()} == {"receipt"}
