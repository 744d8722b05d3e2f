"""Two workers share the journeys; what one of them cannot finish, the other one does."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from tests.desk import DeskProcess, all_running
from tests.journeys.outside import Gate, Gated, settle_in
from tests.machine.brokers import MOSQUITTO, mosquitto
from tests.waiting import until

from thingdesk.platform.database import Database

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed")
LEASE = 2


@dataclass
class Site:
    """One desk in three processes: the door, and two workers."""

    door: DeskProcess
    workers: tuple[DeskProcess, DeskProcess]
    gate: Gate
    database: Database
    http: httpx.AsyncClient

    def worker(self, pid: int) -> DeskProcess:
        (one,) = [one for one in self.workers if one.pid == pid]
        return one

    async def gated(self) -> tuple[Gated, DeskProcess]:
        """A case in the middle of a step, and the worker that is there with it."""
        self.gate.shut()
        before = len(self.gate.came())
        case = await Gated.report_one(self.database, self.http, gated=True)
        await case.stop()
        return case, self.worker(await self.gate.comes(before))

    async def taken_over(self, first: DeskProcess, before: int) -> DeskProcess:
        """The worker that comes to the gate in place of the first one."""

        async def others() -> list[int]:
            return [pid for pid in self.gate.came()[before:] if pid != first.pid]

        (pid, *_) = await until(others, within=30)
        return self.worker(pid)


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
            "lease": LEASE,
        }
        door, one, two = [
            DeskProcess(folder / name, roles=roles, **common)
            for name, roles in (("door", "web,ingest"), ("one", "work"), ("two", "work"))
        ]
        await stack.enter_async_context(all_running(door, one, two))
        http = httpx.AsyncClient(base_url=door.http, timeout=20)
        await stack.enter_async_context(http)
        yield Site(door, (one, two), gate, database, http)


async def finished_once(case: Gated) -> None:
    await case.work()
    await case.recover()
    await case.is_verified_once()


async def test_a_paused_worker_does_nothing_twice_when_it_wakes(site: Site) -> None:
    before = len(site.gate.came())
    case, paused = await site.gated()
    paused.pause()
    second = await site.taken_over(paused, before)
    assert second.pid != paused.pid
    site.gate.open()
    await case.job()

    paused.wake()

    async def noticed() -> bool:
        return "none of them alone" in paused.log()

    await until(noticed)
    await finished_once(case)


async def test_a_dead_worker_is_replaced_by_the_other(site: Site) -> None:
    before = len(site.gate.came())
    case, dead = await site.gated()
    dead.kill()
    second = await site.taken_over(dead, before)
    site.gate.open()
    await finished_once(case)
    assert second.runs
    await dead.start()


async def test_both_take_their_part_and_nothing_is_done_twice(site: Site) -> None:
    """Many at once, while the workers are killed in turn."""
    site.gate.open()
    many = [await Gated.report_one(site.database, site.http) for _ in range(10)]
    for n, case in enumerate(many):
        await case.stop()
        if n in (2, 6):
            site.workers[n // 4].kill()
            site.workers[n // 4].spawn()
    for one in site.workers:
        await one.ready()
    for case in many:
        await finished_once(case)
    code, said = await site.door.command("doctor")
    assert code == 0, said
