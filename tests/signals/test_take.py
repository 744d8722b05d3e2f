import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from thingdesk import parties, signals
from thingdesk.parties import NewMachine
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database
from thingdesk.signals import Arrival, Cursor, Signal

FROM_THE_START = [
    Cursor(shard, 0, 0, clock.now() - timedelta(days=1)) for shard in range(signals.SHARDS)
]


@pytest.fixture(scope="module")
async def machine(database: Database) -> str:
    async with database.transaction() as tx:
        await parties.register(tx, [NewMachine("press-1", "press"), NewMachine("press-2", "press")])
        await signals.make_room(tx)
    return "press-1"


def signal(machine: str, event_id: str = "", **said: Any) -> Signal:
    values = said.pop("values", {"temperature": 70.0})
    content = str(sorted(values.items())).encode()
    at = said.pop("at", clock.now())
    return Signal(machine, event_id or str(ids.new()), content, at, values, **said)


async def take(database: Database, *group: Signal) -> list[Arrival]:
    async with database.transaction() as tx:
        return await signals.take(tx, group)


async def stored(database: Database, machine: str, since: timedelta) -> list[signals.Stored]:
    now = clock.now()
    async with database.transaction() as tx:
        return await signals.history(tx, machine, now - since, now + since, None, 1000)


async def test_an_event_is_stored_once_however_often_it_comes(
    database: Database, machine: str
) -> None:
    one = signal(machine, "e1")
    assert await take(database, one, one) == [Arrival.NEW, Arrival.REPEATED]
    assert await take(database, one) == [Arrival.REPEATED]
    other = signal(machine, "e1", values={"temperature": 71.0})
    assert await take(database, other) == [Arrival.REUSED_ID]
    assert [s.event_id for s in await stored(database, machine, timedelta(hours=1))].count(
        "e1"
    ) == 1


async def test_the_same_events_from_many_sides_at_once_are_stored_once(
    database: Database, machine: str
) -> None:
    events = [signal(machine, f"storm{n}") for n in range(200)]
    answers = await asyncio.gather(
        *(take(database, *(events if side % 2 else events[::-1])) for side in range(8))
    )
    assert sum(answer is Arrival.NEW for group in answers for answer in group) == 200
    assert all(answer is not Arrival.REUSED_ID for group in answers for answer in group)


async def test_a_clock_that_is_years_off_is_served_and_not_trusted(
    database: Database, machine: str
) -> None:
    year_2000 = clock.now() - timedelta(days=9000)
    ahead = clock.now() + timedelta(days=1)
    late = clock.now() - timedelta(days=1)
    await take(
        database,
        signal(machine, "old", at=year_2000),
        signal(machine, "ahead", at=ahead),
        signal(machine, "none", at=None),
        signal(machine, "queued", at=late),
    )
    found = {one.event_id: one for one in await stored(database, machine, timedelta(days=2))}
    trusted = {name: found[name].trusted for name in ("old", "ahead", "none", "queued")}
    assert trusted == {"old": False, "ahead": False, "none": False, "queued": True}
    assert found["queued"].at == late
    assert abs(found["old"].at - clock.now()) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("off", "trusted"),
    [
        (timedelta(days=-365), True),
        (timedelta(days=-367), False),
        (timedelta(minutes=4), True),
        (timedelta(minutes=6), False),
    ],
)
def test_a_year_behind_and_five_minutes_ahead_are_believed(off: timedelta, trusted: bool) -> None:
    now = clock.now()
    assert signals.trusted_time(now + off, now) == (now + off if trusted else now, trusted)


async def test_the_latest_values_are_by_the_machines_own_time(database: Database) -> None:
    now = clock.now()
    await take(database, signal("press-2", values={"a": 1.0}, at=now, codes=()))
    await take(database, signal("press-2", values={"a": 9.0}, at=now - timedelta(hours=1)))
    await take(database, signal("press-2", values={"b": 2.0}, at=now + timedelta(seconds=1)))
    async with database.transaction() as tx:
        latest = await signals.latest(tx, "press-2")
    assert latest
    assert latest.values == {"a": 1.0, "b": 2.0}
    assert latest.codes == ()


async def test_a_reader_misses_nothing_that_commits_late(database: Database, machine: str) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with database.transaction() as tx:
            await signals.take(tx, [signal(machine, "slow")])
            begun.set()
            await go_on.wait()

    async def read(cursors: list[Cursor]) -> list[tuple[Cursor, signals.Stored]]:
        async with database.transaction() as tx:
            return await signals.after(tx, cursors, 5000)

    under_way = asyncio.create_task(slow())
    await begun.wait()
    await take(database, signal("press-2", "quick"))
    first = await read(FROM_THE_START)
    # the quick one began later, and has to wait until nothing can come before it any more
    assert {"slow", "quick"}.isdisjoint(one.event_id for _, one in first)
    go_on.set()
    await under_way
    last = {cursor.shard: cursor for cursor, _ in first}
    again = await read([last.get(one.shard, one) for one in FROM_THE_START])
    names = [one.event_id for _, one in first + again]
    assert {"slow", "quick"} <= set(names)
    assert len(names) == len(set(names))


async def test_data_availability_is_the_share_of_intervals_with_a_signal(
    database: Database, machine: str
) -> None:
    start = clock.now() - timedelta(days=3)
    minute = timedelta(minutes=1)
    came = [0, 1, 2, 2.5, 5, 9]
    await take(database, *(signal(machine, f"av{n}", at=start + n * minute) for n in came))
    async with database.transaction() as tx:
        found = await signals.availability(tx, machine, minute, start, start + 10 * minute)
    assert (found.expected, found.came, found.share) == (10, 5, 0.5)


@pytest.mark.parametrize("off", [timedelta(days=3660), timedelta(days=-3660), None])
async def test_a_machine_whose_clock_is_not_believed_is_heard_when_its_signals_arrive(
    database: Database, off: timedelta | None
) -> None:
    name, minute = f"off-{off.days if off else 'none'}", timedelta(minutes=1)
    turnable = clock.Turnable()
    with clock.reading(turnable):
        start = clock.now()
        async with database.transaction() as tx:
            await parties.register(tx, [NewMachine(name, "press")])
        for _ in range(3):
            turnable.turn(2 * minute)
            await take(database, signal(name, at=off and clock.now() + off))
        async with database.transaction() as tx:
            found = await signals.availability(tx, name, minute, start, start + 10 * minute)
            known = await parties.get_machine(tx, name)
        assert found.came == 3
        assert known
        assert known.last_seen
        assert clock.now() - known.last_seen < minute


async def test_a_curve_keeps_what_sticks_out(database: Database) -> None:
    start = clock.now() - timedelta(days=5)
    values = [1, 2, 90, 2, 1, 1]
    await take(
        database,
        *(
            signal("press-2", values={"t": v}, at=start + n * timedelta(minutes=1))
            for n, v in enumerate(values)
        ),
    )
    async with database.transaction() as tx:
        points = await signals.curve(
            tx, "press-2", "t", start, start + timedelta(hours=1), timedelta(minutes=3)
        )
    assert [(low, high) for _, low, high, _ in points] == [(1, 90), (1, 2)]


async def test_old_partitions_go_and_coming_ones_are_made(database: Database) -> None:
    turnable = clock.Turnable()
    with clock.reading(turnable):
        turnable.turn(timedelta(days=40))
        async with database.transaction() as tx:
            await signals.make_room(tx)
            while await signals.Days(timedelta(days=30)).let_go(tx):
                pass
        await take(database, signal("press-2", "later", at=None))
        async with database.transaction() as tx:
            counts = await tx.fetch(
                "select tableoid::regclass::text as name, count(*) from signal group by 1"
            )
    assert [row["name"] for row in counts] == [f"signal_{turnable():%Y%m%d}"]


async def test_a_machine_that_names_its_metrics_anew_for_ever_is_not_gathered_for_ever(
    database: Database,
) -> None:
    async with database.transaction() as tx:
        await parties.register(tx, [NewMachine("press-3", "press")])
    for said in range(4):
        group = [
            signal("press-3", values={f"m{said}-{part}-{n}": 1.0 for n in range(200)})
            for part in range(6)
        ]
        await take(database, *group)
    await take(database, signal("press-3", values={"temperature": 71.0}))
    async with database.transaction() as tx:
        latest = await signals.latest(tx, "press-3")
    assert latest is not None
    assert latest.values["temperature"] == 71.0
    assert len(latest.values) < 1500


async def test_what_came_while_no_partition_was_made_finds_its_place_and_its_reader(
    database: Database,
) -> None:
    turnable = clock.Turnable()
    with clock.reading(turnable):
        turnable.turn(timedelta(days=80))  # the process that makes them was away for weeks
        await take(database, *(signal("press-2", f"came{n}", at=None) for n in range(3)))
        async with database.transaction() as tx:
            before = await tx.fetch(
                "select * from signal_other where event_id like 'came%' order by id"
            )
            await signals.make_room(tx)
            after = await tx.fetch(
                "select *, tableoid::regclass::text as place from signal"
                " where event_id like 'came%' order by id"
            )
    assert len(before) == 3
    place = f"signal_{turnable():%Y%m%d}"
    assert [dict(row) for row in after] == [dict(row) | {"place": place} for row in before]


async def test_ids_are_forgotten_after_eight_days_a_piece_at_a_time(database: Database) -> None:
    turnable = clock.Turnable()
    with clock.reading(turnable):
        turnable.turn(timedelta(days=120))
        async with database.transaction() as tx:
            await signals.make_room(tx)
            await tx.execute("truncate signal_event")
        await take(database, *(signal("press-2", f"old{n}") for n in range(5)))
        turnable.turn(timedelta(days=7))
        await take(database, signal("press-2", "young"))
        turnable.turn(timedelta(days=2))
        pieces = []
        for _ in range(4):
            async with database.transaction() as tx:
                pieces.append(await replace(signals.KEPT[0], most=2).let_go(tx))
        async with database.transaction() as tx:
            left = await tx.fetch("select event_id from signal_event")
    assert pieces == [2, 2, 1, 0]
    assert [row["event_id"] for row in left] == ["young"]


async def test_machines_may_use_the_same_id(database: Database, machine: str) -> None:
    others = [f"{machine}8", f"{machine}9"]
    async with database.transaction() as tx:
        await parties.register(tx, [NewMachine(one, "press") for one in others])
    group = [signal(one, "ours", values={one: 20.0}) for one in others]
    assert await take(database, *group) == [Arrival.NEW, Arrival.NEW]
    assert await take(database, *group) == [Arrival.REPEATED, Arrival.REPEATED]
    for one in others:
        assert [s.values for s in await stored(database, one, timedelta(hours=1))] == [{one: 20.0}]
