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


async def write(database: Database, stream: str, count: int = 3) -> None:
    async with database.transaction() as tx:
        for n in range(count):
            timeline.append(tx, stream, Noted(f"no. {n}"))


async def broken(database: Database, stream: str) -> tuple[int, str] | None:
    async with database.transaction() as tx:
        found = await timeline.verify(tx, stream)
        return (found.seq, found.reason) if found else None


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
    async with database.transaction() as tx:
        assert stream in {one.stream for one in await timeline.verify_all(tx)}


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
    await write(database, "case:newest-2", 1)
    async with database.transaction() as tx:
        latest = await timeline.latest(tx, 500)
        noted = await timeline.latest(tx, 500, {"test.noted", "case.opened"})
        assert await timeline.latest(tx, 500, {"case.opened"}) == []
        assert await timeline.latest(tx, 2) == latest[:2]
    assert [(one.stream, one.seq) for one in latest if one.stream.startswith("case:newest-")] == [
        ("case:newest-2", 1),
        ("case:newest-1", 2),
        ("case:newest-1", 1),
    ]
    assert noted == [one for one in latest if one.kind == "test.noted"]
