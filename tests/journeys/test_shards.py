"""Two workers share diagnosis: one is killed while it takes signals through the rules, and one is
stopped. The other one goes on with their shards, from their states and their cursor, and everything
is found as by a desk that nothing happens to.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests import databases
from tests.desk import DeskProcess, all_running, running
from tests.journeys.outside import HERE, SPARE, held, settle_in
from tests.machine.brokers import MOSQUITTO, mosquitto
from tests.machine.conftest import QUICK
from tests.waiting import until

from thingdesk import diagnosis, parties
from thingdesk.parties import NewMachine
from thingdesk.platform.database import Database
from thingdesk_machine import Identity, Machine, desk_keys

pytestmark = [
    pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed"),
    pytest.mark.timeout(300),
]
LEASE = 3
EACH, HALF, A_FEW = 60, 30, 10
IN_SMALL_PIECES = replace(QUICK, batch=5)
GATED = ("killed-at", "paused-at")
MACHINES = (*GATED, *(f"other-{n}" for n in range(8)))
STEP = timedelta(minutes=5)
PACK = "tests.journeys.shards_pack"
FOUND = """
select machine, rule, about, severity, confidence, evidence, opened_at, cleared_at
from finding order by machine, opened_at
"""
TOLD = """
select stream, kind, value from timeline_event join timeline_value using (stream, seq)
where stream like 'machine:%' and kind like 'finding.%' order by stream, seq
"""
STATES = "select machine, rule, state from rule_state order by machine, rule"
CASES = """
select c.subject, e.kind, count(*) from desk_case c
join timeline_event e on e.stream = 'case:' || c.id
where e.kind in ('case.opened', 'case.joined', 'journey.started', 'job.offered')
group by 1, 2 order by 1, 2
"""


def heat(name: str) -> list[float]:
    """How hot it is, from signal to signal: sometimes too hot, sometimes for long enough."""
    chance = Random(name)  # noqa: S311 - to be repeated
    said = [105.0] * 5
    while len(said) < EACH:
        said += [chance.choice((60.0, 105.0))] * chance.randint(1, 6)
    return said[:EACH]


class Gate:
    """The gate of one machine, as the test sees it."""

    def __init__(self, folder: Path, machine: str) -> None:
        self._pipe = folder / machine
        os.mkfifo(self._pipe)

    def came(self) -> list[int]:
        file = self._pipe.with_suffix(".came")
        return [int(one) for one in file.read_text().split()] if file.exists() else []

    async def comes(self, *before: int) -> int:
        """Who comes next, after these."""

        async def look() -> bool:
            return len(self.came()) > len(before)

        await until(look, within=60)
        *first, last = self.came()
        assert first == list(before)
        return last

    def open(self) -> None:
        """For who waits there, and for all who come later."""
        end = os.open(self._pipe, os.O_RDWR)
        self._pipe.unlink()
        os.close(end)


@dataclass
class Site:
    """One desk, and where machines reach it."""

    database: Database
    http: str
    folder: Path
    began: datetime

    async def play(
        self, names: Iterable[str], first: int, end: int, go_on: asyncio.Event | None = None
    ) -> None:
        """Each of the machines says these of its signals, in their order; after a few of them when
        it may `go_on`.
        """
        keys = await desk_keys(self.http)

        async def one(name: str) -> None:
            machine = Machine(
                identity=Identity.load(self.folder / f"{name}.json"),
                desk=self.http,
                queue=self.folder / f"{name}.queue",
                desk_keys=keys,
                options=IN_SMALL_PIECES,
            )
            async with machine:
                for n, value in list(enumerate(heat(name)))[first:end]:
                    if go_on and n == first + A_FEW:
                        await go_on.wait()
                    await machine.signal({"temperature": value}, at=self.began + n * STEP)
                await machine.drained()

        async with asyncio.TaskGroup() as group:
            for name in names:
                group.create_task(one(name))

    async def result(self) -> dict[str, list[tuple[Any, ...]]]:
        """What was found of all that, once all of it was seen and every case is under way."""

        async def seen() -> bool:
            async with self.database.transaction() as tx:
                waiting = await tx.fetchval(
                    "select exists (select from desk_case c where not exists"
                    " (select from timeline_event where stream = 'case:' || c.id"
                    "  and kind = 'job.offered'))"
                )
                return not (waiting or await diagnosis.is_behind(tx, MACHINES))

        await until(seen, within=60)
        async with self.database.transaction() as tx:
            return {
                sql: [tuple(row.values()) for row in await tx.fetch(sql)]
                for sql in (FOUND, TOLD, STATES, CASES)
            }


@asynccontextmanager
async def settled(url: str, folder: Path, began: datetime) -> AsyncIterator[Site]:
    """A database that knows the machines, and no desk yet."""
    database = await Database.connect(url)
    await settle_in(database)
    machines = []
    for name in MACHINES:
        identity = Identity.create(name)
        identity.save(folder / f"{name}.json")
        key = identity.public_jwk["x"]
        machines.append(NewMachine(name, "press", "offline-1", key=key, position=HERE))
    async with database.transaction() as tx:
        await parties.register(tx, machines)
    try:
        yield Site(database, "", folder, began)
    finally:
        await database.close()


async def undisturbed(url: str, folder: Path, began: datetime) -> dict[str, list[tuple[Any, ...]]]:
    given = {"database_url": url, "packs": PACK, "test_gate": folder}
    async with settled(url, folder, began) as site, running(folder / "desk", **given) as desk:
        site.http = desk.http
        await site.play(MACHINES, 0, EACH)
        return await site.result()


class Pair:
    """Two workers, of which one at a time is struck."""

    def __init__(self, one: DeskProcess, two: DeskProcess) -> None:
        self._both = one, two

    def at(self, pid: int) -> tuple[DeskProcess, DeskProcess]:
        """The one with this process, and the other one."""
        one, two = self._both
        return (one, two) if one.pid == pid else (two, one)


async def killed(gate: Gate, pair: Pair, go_on: asyncio.Event) -> DeskProcess:
    struck, other = pair.at(await gate.comes())
    first = struck.pid
    struck.kill()
    go_on.set()
    assert await gate.comes(first) == other.pid
    gate.open()
    struck.spawn()
    return struck


async def paused(gate: Gate, pair: Pair, go_on: asyncio.Event, database: Database) -> None:
    struck, other = pair.at(await gate.comes())
    struck.pause()
    async with database.transaction() as tx:
        silent: datetime = await tx.fetchval("select clock_timestamp()")
    go_on.set()
    assert await gate.comes(struck.pid) == other.pid
    _, taken = await held(database, "diagnosis_shard")
    gate.open()
    assert (taken - silent).total_seconds() < LEASE + SPARE, "by the clock of the database"
    struck.wake()

    async def noticed() -> bool:
        return "work on signal failed" in struck.log()

    await until(noticed)


async def disturbed(url: str, folder: Path, began: datetime) -> dict[str, list[tuple[Any, ...]]]:
    async with settled(url, folder, began) as site, mosquitto(folder) as broker:
        to_kill, to_pause = (Gate(folder, name) for name in GATED)
        given: dict[str, Any] = {"database_url": url, "packs": PACK, "test_gate": folder}
        given["broker_url"] = broker
        door = DeskProcess(folder / "door", roles="web,ingest", **given)
        one, two = [
            DeskProcess(folder / f"work-{n}", roles="work", lease=LEASE, **given) for n in (1, 2)
        ]
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(all_running(door, one, two))
            site.http = door.http
            pair, others = Pair(one, two), [name for name in MACHINES if name != GATED[1]]
            dead, asleep = asyncio.Event(), asyncio.Event()
            _, again = await asyncio.gather(
                site.play(others, 0, HALF, dead), killed(to_kill, pair, dead)
            )
            await again.ready()
            await asyncio.gather(
                site.play(others, HALF, EACH, asleep),
                site.play(GATED[1:], 0, EACH, asleep),
                paused(to_pause, pair, asleep, site.database),
            )
            return await site.result()


async def test_what_a_worker_had_under_way_is_found_by_the_other_as_if_nothing_had_happened(
    postgres: str, migrated: str, tmp_path: Path
) -> None:
    began = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=12)
    folders = [tmp_path / name for name in ("calm", "stormy")]
    for one in folders:
        one.mkdir()
    async with (
        databases.copy(postgres, migrated) as calm,
        databases.copy(postgres, migrated) as stormy,
    ):
        expected = await undisturbed(calm, folders[0], began)
        found = await disturbed(stormy, folders[1], began)
    assert len(expected[FOUND]) > 3 * len(MACHINES)
    for sql, rows in expected.items():
        assert found[sql] == rows, sql
