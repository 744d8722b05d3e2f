"""A machine that was offline for a day delivers its queue once, whoever is killed meanwhile."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from tests.databases import ROOT
from tests.desk import DeskProcess, running
from tests.journeys import day_process
from tests.journeys.outside import HERE, settle_in
from tests.parties.making import unique
from tests.ports import free_port
from tests.waiting import until

from thingdesk import cases, diagnosis, fulfilment, parties, timeline
from thingdesk.cases import Case, CaseFilter, Outcome, State
from thingdesk.parties import NewMachine
from thingdesk.platform import clock
from thingdesk.platform.database import Database
from thingdesk_machine import Identity, Ledger, Machine, QueueUnreadable, desk_keys

pytestmark = pytest.mark.timeout(240)
MINUTE = timedelta(minutes=1)
ALL = len(day_process.MINUTES) + 24


@dataclass
class Day:
    """One machine, its day, and the desk that hears of it afterwards."""

    desk: DeskProcess
    database: Database
    folder: Path
    identity: Identity
    began: datetime

    @asynccontextmanager
    async def machine(self, url: str) -> AsyncIterator[asyncio.subprocess.Process]:
        """Its process, which is killed at the end."""
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.journeys.day_process"),
            *(str(self.folder), url, self.began.isoformat()),
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            yield child
        finally:
            if child.returncode is None:
                child.kill()
            await child.wait()

    def queued(self) -> int:
        with suppress(QueueUnreadable), Ledger(self.folder / "machine.queue") as ledger:
            return len(list(ledger.events()))
        return 0

    async def stored(self) -> int:
        async with self.database.transaction() as tx:
            count: int = await tx.fetchval("select count(*) from signal")
        return count

    async def cases(self) -> dict[str, Case]:
        """By what they are about."""
        async with self.database.transaction() as tx:
            found = await cases.search(tx, CaseFilter(subject=self.identity.machine, most=10))
        assert len({one.input["part"] for one in found}) == len(found), "one for each problem"
        return {one.input["part"]: one for one in found}

    async def work(self, case: Case) -> None:
        """The technician does what the case is about."""
        async with self.database.transaction() as tx:
            (job,) = await fulfilment.jobs_of(tx, case.id)
            key = await parties.desk_key(tx)
        token = parties.sign_link(key, "job", job.id, clock.now() + timedelta(hours=1))
        async with httpx.AsyncClient(base_url=self.desk.http, timeout=30) as http:
            for action in ("accept", "done"):
                said = {"action": action, "words": "It is done."}
                answer = await http.post(f"/v1/jobs/{token}", json=said)
                assert answer.status_code == httpx.codes.OK, answer.text


@pytest.fixture(scope="module")
async def day(
    tmp_path_factory: pytest.TempPathFactory, database: Database, database_url: str
) -> AsyncIterator[Day]:
    """The queue of a day, on the disk of a machine that was killed in the middle of it; and the
    desk that it will find.
    """
    folder = tmp_path_factory.mktemp("day")
    await settle_in(database)
    identity = Identity.create(unique("offline"))
    identity.save(folder / "machine.json")
    key = identity.public_jwk["x"]
    new = NewMachine(identity.machine, "press", "offline-1", key=key, position=HERE)
    async with database.transaction() as tx:
        await parties.register(tx, [new])
    pack = {"packs": "tests.journeys.offline_pack"}
    async with running(folder / "desk", database_url=database_url, **pack) as desk:
        (folder / "desk.json").write_text(json.dumps(await desk_keys(desk.http)))
        began = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
        made = Day(desk, database, folder, identity, began)
        await _be_offline(made)
        yield made


async def _be_offline(day: Day) -> None:
    for least in (100, ALL):
        async with day.machine(f"mqtt://127.0.0.1:{free_port()}"):

            async def is_queued(least: int = least) -> bool:
                return day.queued() >= least

            await until(is_queued, within=60)
    assert await day.stored() == 0


async def test_the_queue_arrives_once_whoever_is_killed(day: Day) -> None:
    async def more(least: int) -> None:
        async def look() -> bool:
            return await day.stored() >= least

        await until(look, within=60)

    async with day.machine(day.desk.mqtt):
        await more(1)
    first = await day.stored()
    async with day.machine(day.desk.mqtt) as machine:
        await more(first + 1)
        day.desk.kill()
        second = await day.stored()
        await day.desk.start()
        assert machine.stdout is not None
        async with asyncio.timeout(90):
            assert await machine.stdout.readline() == b"drained\n"
    assert 0 < first < second < len(day_process.MINUTES), "killed in the middle"
    with Ledger(day.folder / "machine.queue") as ledger:
        assert {one.ending for one in ledger.events()} == {"receipt"}
        assert len(list(ledger.events())) == ALL
    async with day.database.transaction() as tx:
        rows = await tx.fetch("select event_id, at, trusted from signal order by at")
        reports = await tx.fetch("select event_id from report")
    minutes = day_process.MINUTES
    assert [row["event_id"] for row in rows] == [f"s{minute}" for minute in minutes]
    assert [row["at"] for row in rows] == [day.began + minute * MINUTE for minute in minutes]
    assert all(row["trusted"] for row in rows)
    assert sorted(row["event_id"] for row in reports) == sorted(f"r{hour}" for hour in range(24))


async def test_what_is_found_is_what_would_have_been_found_that_day(day: Day) -> None:
    """Two times that it was too hot for long enough, by the times of the signals."""

    async def all_seen() -> bool:
        async with day.database.transaction() as tx:
            return not await diagnosis.is_behind(tx, [day.identity.machine])

    await until(all_seen)
    async with day.database.transaction() as tx:
        found = await diagnosis.findings_of(tx, day.identity.machine)
    ends = [(one.opened_at, one.cleared_at or clock.now()) for one in reversed(found)]
    times = [((start - day.began) / MINUTE, (end - day.began) / MINUTE) for start, end in ends]
    assert times == [(130, 190), (610, 670)]


async def test_each_problem_is_one_case_that_nothing_in_the_queue_proves(day: Day) -> None:
    """It was well again by itself since, but that was before anybody came."""
    all_ = await day.cases()
    assert set(all_) == {"temperature", *day_process.PARTS}
    for case in all_.values():
        assert (case.state, case.reopened) == (State.OPEN, 0), case
        async with day.database.transaction() as tx:
            entries = await timeline.read(tx, f"case:{case.id}")
            assert await timeline.verify(tx, f"case:{case.id}") is None
        kinds = [one.kind for one in entries]
        assert kinds.count("job.offered") == kinds.count("case.opened") == 1
        assert "promise.broken" not in kinds, "a promise begins when it is made"
        repeats = 1 if case.input["part"] == "temperature" else 11
        assert kinds.count("case.joined") == repeats


async def test_what_it_shows_after_the_work_does(day: Day) -> None:
    case = (await day.cases())["temperature"]
    await day.work(case)
    machine = Machine(
        identity=day.identity,
        desk=day.desk.mqtt,
        queue=day.folder / "machine.queue",
        desk_keys=json.loads((day.folder / "desk.json").read_text()),
    )
    async with machine:

        async def proven() -> Case | None:
            await machine.signal({"temperature": 60}, wait=True)
            now = (await day.cases())["temperature"]
            return now if now.state is State.ENDED else None

        ended = await until(proven)
    assert ended
    assert ended.outcome is Outcome.VERIFIED
