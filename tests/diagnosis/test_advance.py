import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest
from tests.waiting import until

from thingdesk import diagnosis, parties, signals, timeline
from thingdesk.diagnosis import Diagnosed, Finding, Rule, Silence, Threshold
from thingdesk.parties import NewMachine
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database
from thingdesk.signals import Signal

MINUTE = timedelta(minutes=1)


def _asks(finding: Finding) -> Any:
    return {"value": finding.evidence.value}


HOT = Threshold(
    name="hot",
    model="press*",
    service="equipment.inspect",
    asks=_asks,
    metric="t",
    above=100,
    hold=2 * MINUTE,
    clear_at=90,
)
QUIET = Silence(name="quiet", model="*", service="equipment.inspect", asks=_asks, after=3)
RULES: list[Rule] = [HOT, QUIET]


async def machine(database: Database, name: str, model: str = "press-x") -> str:
    async with database.transaction() as tx:
        new = NewMachine(name, "press", model, serial=name, expected_interval=MINUTE)
        await parties.register(tx, [new])
    return name


async def say(database: Database, name: str, start: datetime, *values: float) -> None:
    async with database.transaction() as tx:
        await signals.take(
            tx,
            [
                Signal(name, str(ids.new()), b"", start + n * MINUTE, {"t": value})
                for n, value in enumerate(values)
            ],
        )


async def advance(database: Database, most: int = 500) -> Diagnosed:
    """All that is committed, in as many steps as it takes."""
    steps: list[Diagnosed] = []
    while not steps or steps[-1].observations:
        async with database.transaction() as tx:
            steps.append(await diagnosis.advance(tx, RULES, most))
    return Diagnosed(
        tuple(one for step in steps for one in step.observations),
        tuple(one for step in steps for one in step.opened),
        tuple(one for step in steps for one in step.cleared),
    )


@pytest.mark.parametrize("most", [1, 2, 500])
async def test_findings_are_the_same_however_the_signals_are_cut(
    database: Database, most: int
) -> None:
    name = await machine(database, f"cut-{most}")
    start = clock.now() - timedelta(hours=2)
    await say(database, name, start, 80, 101, 102, 103, 104, 85, 101, 102, 103, 80)
    step = await advance(database, most)
    assert [one.opened_at - start for one in step.opened] == [3 * MINUTE, 8 * MINUTE]
    assert [one.at - start for one in step.cleared] == [5 * MINUTE, 9 * MINUTE]
    async with database.transaction() as tx:
        kept = await diagnosis.findings_of(tx, name)
        told = [one.kind for one in await timeline.read(tx, f"machine:{name}")]
    assert [one for one in told if one.startswith("finding.")] == [
        "finding.opened",
        "finding.cleared",
    ] * 2
    assert [(one.opened_at - start, one.cleared_at and one.cleared_at - start) for one in kept] == [
        (8 * MINUTE, 9 * MINUTE),
        (3 * MINUTE, 5 * MINUTE),
    ]


async def test_a_timeline_tells_what_several_rules_found_in_the_order_of_their_times(
    database: Database,
) -> None:
    name = await machine(database, "several")
    late = replace(HOT, name="hot.long", hold=4 * MINUTE)
    await say(database, name, clock.now() - timedelta(hours=2), 101, 102, 103, 104, 105, 80)
    async with database.transaction() as tx:
        await diagnosis.advance(tx, (late, HOT))
    async with database.transaction() as tx:
        events = await timeline.read(tx, f"machine:{name}")
    told = [(one.kind, one.value["rule"]) for one in events if one.value and "rule" in one.value]
    opened = [("finding.opened", "hot"), ("finding.opened", "hot.long")]
    assert (told[:2], len(told)) == (opened, 4)


async def test_what_a_killed_worker_had_under_way_is_as_if_it_had_not_begun(
    database: Database, database_url: str
) -> None:
    name = await machine(database, "killed")
    start = clock.now() - timedelta(hours=2)
    await say(database, name, start, 101, 102, 103)
    doomed = await Database.connect(database_url, most=1)

    async def be_killed() -> None:
        async with doomed.transaction() as tx:
            assert len((await diagnosis.advance(tx, RULES)).opened) == 1
            await tx.flush()
            me = await tx.fetchval("select pg_backend_pid()")
            async with database.transaction() as other:
                await other.execute("select pg_terminate_backend($1)", me)

    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError)):
        await be_killed()
    step = await advance(database)
    assert [one.machine for one in step.opened] == [name]
    assert (await advance(database)).opened == ()


async def test_two_workers_share_the_shards_and_miss_and_double_nothing(
    database: Database,
) -> None:
    names = [await machine(database, f"shared-{n}") for n in range(24)]
    start = clock.now() - timedelta(hours=2)
    for name in names:
        await say(database, name, start, 101, 102, 103, 80)
    both = await asyncio.gather(advance(database, 2), advance(database, 2))
    opened = [one.machine for step in both for one in step.opened]
    assert sorted(opened) == sorted(names)


async def test_a_machine_of_another_model_is_left_alone(database: Database) -> None:
    name = await machine(database, "other", "oven")
    await say(database, name, clock.now() - timedelta(hours=2), 101, 102, 103, 104)
    assert (await advance(database)).opened == ()


async def test_silence_counts_only_while_our_own_intake_was_up(database: Database) -> None:
    name = await machine(database, "silent")
    worker = ids.new()
    turnable = clock.Turnable()

    async def check() -> list[str]:
        async with database.transaction() as tx:
            step = await diagnosis.check_silence(tx, RULES)
            return [one.machine for one in step.opened]

    async def beat() -> None:
        async with database.transaction() as tx:
            await signals.beat(tx, worker)

    async def up(minutes: int) -> None:
        for _ in range(minutes * 10):
            turnable.turn(MINUTE / 10)
            await beat()

    with clock.reading(turnable):
        await say(database, name, clock.now(), 70)
        turnable.turn(timedelta(minutes=30))  # we were down all the while
        await beat()
        assert name not in await check()
        turnable.turn(timedelta(minutes=30))  # the same process stood still all the while
        await beat()
        assert name not in await check()
        await up(4)
        assert name in await check()
        assert name not in await check()
        for _ in range(4):
            await up(1)
            await say(database, name, clock.now(), 70)
            await check()
        async with database.transaction() as tx:
            (finding,) = await diagnosis.findings_of(tx, name)
        assert finding.cleared_at is not None


async def test_a_worker_that_falls_silent_in_the_middle_of_a_hold_loses_its_shards(
    database: Database,
) -> None:
    """The hold began before; what it wakes up with is nobody's, and the other one found it."""
    name = await machine(database, "paused")
    start = clock.now() - timedelta(hours=2)
    await say(database, name, start, 101, 102)
    assert (await advance(database)).opened == ()
    await say(database, name, start + 2 * MINUTE, 103, 80)
    found: list[Finding] = []

    async def taken_over() -> bool:
        found.extend((await advance(database)).opened)
        return bool(found)

    async def fall_silent() -> None:
        async with database.transaction(idle_limit=0.5) as tx:
            assert len((await diagnosis.advance(tx, RULES)).opened) == 1
            await tx.flush()
            assert (await advance(database)).observations == (), "its shard is locked"
            await until(taken_over)

    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError)):
        await fall_silent()
    assert [(one.opened_at - start, one.evidence.since - start) for one in found] == [
        (2 * MINUTE, timedelta(0))
    ]
    async with database.transaction() as tx:
        assert len(await diagnosis.findings_of(tx, name)) == 1
        entries = await timeline.read(tx, f"machine:{name}")
    kinds = [one.kind for one in entries]
    assert kinds.count("finding.opened") == kinds.count("finding.cleared") == 1
