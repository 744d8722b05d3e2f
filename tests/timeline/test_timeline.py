import asyncio
import tracemalloc
from dataclasses import dataclass
from typing import ClassVar

import asyncpg
import pytest

from thingdesk import timeline
from thingdesk.platform.database import Database
from thingdesk.timeline import Event


@dataclass(frozen=True, slots=True)
class Noted(Event):
    kind: ClassVar[str] = "test.noted"
    words: str
    number: float = 1e22


@dataclass(frozen=True, slots=True)
class Said(Event):
    kind: ClassVar[str] = "test.said"
    words: str


async def write(database: Database, stream: str, count: int = 3) -> None:
    async with database.transaction() as tx:
        for n in range(count):
            timeline.append(tx, stream, Noted(f"no. {n}"))


async def broken(database: Database, stream: str) -> tuple[int, str] | None:
    async with database.transaction() as tx:
        found = await timeline.verify(tx, stream)
        return (found.seq, found.reason) if found else None


async def broken_of_all(database: Database, most: int = 2) -> dict[str, tuple[int, str]]:
    """All that is broken, seen a few streams at a time."""
    found: dict[str, tuple[int, str]] = {}
    after: str | None = ""
    while after is not None:
        async with database.transaction() as tx:
            seen = await timeline.verify_next(tx, after, most)
        found |= {one.stream: (one.seq, one.reason) for one in seen.breaks}
        after = seen.last
    return found


async def test_entries_are_chained_in_order_over_transactions(database: Database) -> None:
    await write(database, "case:a")
    await write(database, "case:a", 2)
    async with database.transaction() as tx:
        entries = await timeline.read(tx, "case:a")
    assert [(e.seq, e.value and e.value["words"]) for e in entries] == [
        (1, "no. 0"),
        (2, "no. 1"),
        (3, "no. 2"),
        (4, "no. 0"),
        (5, "no. 1"),
    ]
    assert await broken(database, "case:a") is None


async def test_what_was_erased_leaves_the_chain_whole(database: Database) -> None:
    await write(database, "case:b")
    async with database.transaction() as tx:
        await timeline.erase(tx, "case:b", [2])
    async with database.transaction() as tx:
        assert [e.value is None for e in await timeline.read(tx, "case:b")] == [False, True, False]
    assert await broken(database, "case:b") is None


@pytest.mark.parametrize(
    ("change", "seq", "reason"),
    [
        ("update timeline_value set value = '{}' where stream = $1 and seq = 2", 2, "the value"),
        ("update timeline_event set kind = 'x' where stream = $1 and seq = 2", 2, "the entry is"),
        ("update timeline_event set at = at + interval '1 s' where stream = $1", 1, "the entry is"),
        ("delete from timeline_event where stream = $1 and seq = 2", 2, "an entry is missing"),
        ("delete from timeline_event where stream = $1 and seq = 3", 3, "the newest entries"),
    ],
)
async def test_every_change_is_found_where_it_was_made(
    database: Database, change: str, seq: int, reason: str
) -> None:
    stream = f"case:{change[:20]}{seq}{reason}"
    await write(database, stream)
    async with database.transaction() as tx:
        await tx.execute(change, stream)
    found = await broken(database, stream)
    assert found is not None
    assert found[0] == seq
    assert found[1].startswith(reason)
    assert (await broken_of_all(database))[stream] == found


@pytest.mark.parametrize(
    ("change", "seq", "reason"),
    [
        ("delete from timeline_head where stream = $1", 4, "the newest entries"),
        ("delete from timeline_event where stream = $1", 1, "the newest entries"),
        ("update timeline_head set seq = 2 where stream = $1", 4, "the newest entries"),
        ("update timeline_value set salt = '' where stream = $1 and seq = 3", 3, "the value"),
    ],
)
async def test_a_stream_without_its_head_or_entries_is_found_among_others(
    database: Database, change: str, seq: int, reason: str
) -> None:
    stream = f"case:headless-{change[7:27]}"
    for one in (f"{stream} before", stream, f"{stream}-after"):
        await write(database, one)
    async with database.transaction() as tx:
        await tx.execute(change, stream)
    for most in (1, 2, 1000):
        seen = await broken_of_all(database, most)
        assert (seen[stream][0], seen[stream][1][: len(reason)]) == (seq, reason)
        assert not seen.keys() & {f"{stream} before", f"{stream}-after"}


async def test_a_stream_that_grows_while_it_is_verified_is_not_broken(database: Database) -> None:
    stream = "owner:busy"
    await write(database, stream, 50)
    over = asyncio.Event()

    async def grow() -> None:
        while not over.is_set():
            await write(database, stream, 20)

    growing = asyncio.create_task(grow())
    try:
        for _ in range(30):
            assert await broken(database, stream) is None
            assert stream not in await broken_of_all(database, 50)
    finally:
        over.set()
        await growing


async def test_a_long_life_is_read_in_parts_and_verified_in_little_memory(
    database: Database,
) -> None:
    stream, long = "machine:old", 40_000
    for _ in range(10):
        await write(database, stream, long // 10)
    parts: list[int] = []
    async with database.transaction() as tx:
        page = await timeline.read(tx, stream, most=500)
        assert [one.seq for one in page] == list(range(long - 499, long + 1))
        older = await timeline.read(tx, stream, before=page[0].seq, most=500)
        assert [one.seq for one in older] == list(range(long - 999, long - 499))
        assert [one.seq for one in await timeline.read(tx, stream, before=3)] == [1, 2]
        assert await timeline.read(tx, stream, before=1) == []
    tracemalloc.start()
    async with database.transaction() as tx:
        assert await timeline.verify(tx, stream) is None
        seen = await timeline.verify_next(tx, "machine:ol", 1, parts.append)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert seen.breaks == ()
    assert seen.last == stream
    assert sum(parts) == long
    assert max(parts) <= long / 20
    assert peak < 12_000_000, "all of it takes ten times as much"
    async with database.transaction() as tx:
        await tx.execute(
            "update timeline_event set kind = 'x' where stream = $1 and seq = 33333", stream
        )
    assert await broken(database, stream) == (33333, "the entry is not the one that was written")


async def test_nothing_is_written_when_the_transaction_fails(database: Database) -> None:
    async def fail() -> None:
        async with database.transaction() as tx:
            timeline.append(tx, "case:c", Noted("never"))
            await tx.execute("select 1 / 0")

    with pytest.raises(asyncpg.DivisionByZeroError):
        await fail()
    async with database.transaction() as tx:
        assert await timeline.read(tx, "case:c") == []


async def test_the_newest_of_all_streams_come_first_and_of_wanted_kinds_only(
    database: Database,
) -> None:
    await write(database, "case:newest-1", 2)
    async with database.transaction() as tx:
        timeline.append(tx, "case:newest-2", Said("aloud"))
    await write(database, "case:newest-2", 1)
    both = {"test.noted", "test.said"}
    async with database.transaction() as tx:
        latest = await timeline.latest(tx, 500, both)
        assert await timeline.latest(tx, 500, {"test.said"}) == [latest[1]]
        assert await timeline.latest(tx, 500, {"test.shouted"}) == []
        assert await timeline.latest(tx, 2, both) == latest[:2]
    assert [(one.stream, one.seq) for one in latest if one.stream.startswith("case:newest-")] == [
        ("case:newest-2", 2),
        ("case:newest-2", 1),
        ("case:newest-1", 2),
        ("case:newest-1", 1),
    ]
