"""Two workers share the journeys; what one of them cannot finish, the other one does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import pytest
from tests.desk import STOP_WITHIN, DeskProcess, all_running
from tests.journeys.outside import SPARE, Gate, Gated, held, settle_in
from tests.machine.brokers import MOSQUITTO, mosquitto
from tests.waiting import until

from thingdesk.platform.database import Database

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed")
SHORT, LONG = 4, 600
"""Leases, in seconds. The long one outlasts the test: what is soon does not come from its end."""


OFFERS = "select pid from pg_locks where relation = 'job'::regclass and not granted"
"""Who is about to offer a job, and cannot."""


@dataclass
class Site:
    """One desk in three processes: the door, and two workers whose leases differ."""

    door: DeskProcess
    short: DeskProcess
    long: DeskProcess
    gate: Gate
    database: Database
    http: httpx.AsyncClient

    async def gated(self, worker: DeskProcess) -> Gated:
        """A case in the middle of a step, with that worker."""
        self.gate.shut()
        before = len(self.gate.came())
        other = self.long if worker is self.short else self.short
        other.pause()
        case = await Gated.report_one(self.database, self.http, gated=True)
        await case.stop()
        assert await self.gate.comes(before) == worker.pid
        other.wake()
        return case

    async def comes(self, worker: DeskProcess, before: int) -> None:
        """Returns when that worker stands at the gate, too."""

        async def came() -> bool:
            return worker.pid in self.gate.came()[before:]

        await until(came, within=SHORT + 2 * SPARE)

    async def held(self, *without: int) -> tuple[int, datetime]:
        return await held(self.database, "durable_run", *without)


@pytest.fixture(scope="module")
async def site(
    tmp_path_factory: pytest.TempPathFactory, database: Database, database_url: str
) -> AsyncIterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    await settle_in(database)
    gate = Gate(folder / "gate")
    async with mosquitto(folder) as url, AsyncExitStack() as stack:
        common: dict[str, Any] = {
            "database_url": database_url,
            "broker_url": url,
            "packs": "tests.journeys.gated_pack",
            "test_gate": gate.folder,
        }
        door = DeskProcess(folder / "door", roles="web,ingest", **common)
        short, long = [
            DeskProcess(folder / f"lease-{lease}", roles="work", lease=lease, **common)
            for lease in (SHORT, LONG)
        ]
        await stack.enter_async_context(all_running(door, short, long))
        http = httpx.AsyncClient(base_url=door.http, timeout=20)
        await stack.enter_async_context(http)
        yield Site(door, short, long, gate, database, http)


async def finished_once(case: Gated) -> None:
    await case.work()
    await case.recover()
    await case.is_verified_once()


async def test_a_paused_worker_is_replaced_within_its_lease_and_repeats_nothing(
    site: Site,
) -> None:
    before = len(site.gate.came())
    case = await site.gated(site.short)
    site.short.pause()
    first, silent_since = await site.held()
    await site.comes(site.long, before)
    second, taken_at = await site.held(first)
    assert second != first
    waited = (taken_at - silent_since).total_seconds()
    assert SHORT <= waited < SHORT + SPARE, "by the clock of the database"
    site.gate.open()
    await case.job()

    site.short.wake()

    async def noticed() -> bool:
        return "none of them alone" in site.short.log()

    await until(noticed)
    await finished_once(case)


async def test_a_dead_worker_is_replaced_at_once_however_long_its_lease(site: Site) -> None:
    before = len(site.gate.came())
    case = await site.gated(site.long)
    site.long.kill()
    await site.comes(site.short, before)
    site.gate.open()
    await finished_once(case)
    await site.long.start()


async def test_a_worker_that_is_ended_in_the_middle_of_a_step_ends_in_time_and_hands_it_over(
    site: Site,
) -> None:
    async def offers() -> list[Any]:
        async with site.database.transaction() as look:
            return list(await look.fetch(OFFERS))

    async def ended() -> bool:
        return not site.long.runs

    site.short.pause()
    case = await Gated.report_one(site.database, site.http)
    async with site.database.transaction() as tx:
        await tx.execute("lock table job in share row exclusive mode")
        await case.stop()
        await until(offers)
        site.long.ask_to_end()
        await until(ended, within=STOP_WITHIN)
        assert site.long.code == 0, site.long.log()
        assert not await tx.fetch("select from job where case_id = $1", case.id)
    site.short.wake()
    await finished_once(case)
    await site.long.start()


async def test_both_take_their_part_and_nothing_is_done_twice(site: Site) -> None:
    """Many at once, while the workers are killed in turn."""
    site.gate.open()
    many = [await Gated.report_one(site.database, site.http) for _ in range(10)]
    for n, case in enumerate(many):
        await case.stop()
        if n in (2, 6):
            worker = site.short if n == 2 else site.long
            worker.kill()
            worker.spawn()
    for worker in (site.short, site.long):
        await worker.ready()
    async with asyncio.TaskGroup() as group:
        for case in many:
            group.create_task(finished_once(case))
    code, said = await site.door.command("doctor")
    assert code == 0, said
