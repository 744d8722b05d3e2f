"""What signed checkpoints show: also that a whole stream was deleted, and by whom they are made."""

import asyncio
import tracemalloc
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

import pytest

from thingdesk import parties, timeline
from thingdesk.platform import clock
from thingdesk.platform.database import Database, Transaction
from thingdesk.timeline import Event

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Noted(Event):
    kind: ClassVar[str] = "test.noted"
    words: str


@pytest.fixture(autouse=True)
async def nothing(database: Database) -> None:
    """Each test begins without a past."""
    async with database.transaction() as tx:
        await tx.execute(
            "truncate timeline_head, timeline_event, timeline_value, timeline_checkpoint"
        )


async def write(database: Database, *streams: str) -> None:
    async with database.transaction() as tx:
        for stream in streams:
            timeline.append(tx, stream, Noted(stream))


async def make(database: Database, every: timedelta = timedelta()) -> int:
    async with database.transaction() as tx:
        return await timeline.checkpoint(tx, (await parties.desk_key(tx)).sign, every)


async def reader(tx: Transaction) -> timeline.Read:
    key = await parties.desk_key(tx)

    def read(signed: str) -> dict[str, Any] | None:
        try:
            return key.verify(signed, timeline.CHECKPOINT)
        except parties.Unreadable:
            return None

    return read


async def flaws(database: Database) -> list[tuple[int, str]]:
    found: list[timeline.Flaw] = []
    async with database.transaction() as tx:
        read = await reader(tx)
        more, last = await timeline.verify_checkpoints(tx, read)
        while last:
            found += more
            more, last = await timeline.verify_checkpoints(tx, read, last)
    return [(one.number, one.reason) for one in found]


async def newest(database: Database) -> timeline.Checkpoint:
    async with database.transaction() as tx:
        found = await timeline.newest_checkpoint(tx)
    assert found
    return found


async def execute(database: Database, sql: str) -> None:
    async with database.transaction() as tx:
        await tx.execute(sql)


async def test_only_what_has_changed_is_signed_again(database: Database) -> None:
    await write(database, "case:a", "case:b")
    assert await make(database) == 2
    assert await make(database) == 0
    await write(database, "case:b", "case:c")
    await write(database, "case:b")
    assert await make(database) == 2
    one = await newest(database)
    assert (one.number, [(head.stream, head.seq) for head in one.heads]) == (
        2,
        [("case:b", 3), ("case:c", 1)],
    )
    assert await flaws(database) == []


def everywhere(statement: str) -> list[str]:
    """The same for all that is kept of a stream."""
    return [statement.format(one) for one in ("timeline_head", "timeline_event", "timeline_value")]


@pytest.mark.parametrize(
    ("changes", "number", "reason"),
    [
        (
            everywhere("delete from {} where stream = 'case:a'"),
            1,
            "case:a has no entry 1 any more",
        ),
        (
            everywhere("update {} set stream = 'case:z' where stream = 'case:a'"),
            1,
            "case:a has no entry 1 any more",
        ),
        (
            ["update timeline_event set hash = '\\x00' where stream = 'case:b' and seq = 2"],
            2,
            "case:b has another entry 2 than it had",
        ),
        (["delete from timeline_checkpoint where number = 1"], 2, "the one before it is missing"),
        (
            ["update timeline_checkpoint set at = at - interval '1 day' where number = 2"],
            2,
            "its signature does not fit",
        ),
        (
            ["update timeline_checkpoint set streams[1] = 'case:z' where number = 1"],
            1,
            "its streams are not those that were signed",
        ),
        (
            ["update timeline_checkpoint set signed = 'e30.e30.AA' where number = 1"],
            1,
            "its signature does not fit",
        ),
        (
            ["update timeline_checkpoint set previous = '\\x00' where number = 2"],
            2,
            "it does not follow the one before it",
        ),
    ],
)
async def test_what_the_chains_of_streams_do_not_show_is_shown(
    database: Database, changes: list[str], number: int, reason: str
) -> None:
    await write(database, "case:a", "case:b")
    await make(database)
    await write(database, "case:b")
    await make(database)
    assert await flaws(database) == []
    for change in changes:
        await execute(database, change)
    assert (number, reason) in await flaws(database)


async def test_of_a_case_that_was_deleted_with_its_checkpoints_a_kept_one_tells(
    database: Database,
) -> None:
    await write(database, "case:a")
    await make(database)
    before = (await newest(database)).signed
    await write(database, "case:b")
    await make(database)
    kept = (await newest(database)).signed

    async def compared(signed: str) -> str | None:
        async with database.transaction() as tx:
            return await timeline.compare(tx, signed, await reader(tx))

    assert await compared(kept) is None
    deleted = everywhere("delete from {} where stream = 'case:b'")
    for change in (*deleted, "delete from timeline_checkpoint where number = 2"):
        await execute(database, change)
    assert await flaws(database) == []
    assert "and the newest here is number 1" in (await compared(kept) or "")
    await write(database, "case:c")
    await make(database)
    assert await flaws(database) == []
    assert "and here that is another one" in (await compared(kept) or "")
    assert await compared(before) is None
    head, _, signature = before.rpartition(".")
    forged = f"{head}.{signature[:-4]}AAAA"
    for other in (forged, "", "what is this"):
        assert "not signed by a key of this desk" in (await compared(other) or "")


async def test_what_is_personal_can_be_erased(database: Database) -> None:
    await write(database, "owner:a", "case:a")
    await make(database)
    async with database.transaction() as tx:
        await timeline.erase_streams(tx, ["owner:a"])
    assert await flaws(database) == []


async def test_what_commits_late_falls_into_the_next_one_and_waits_for_nobody(
    database: Database,
) -> None:
    await write(database, "case:late", "case:early")
    async with database.transaction() as tx:
        timeline.append(tx, "case:late", Noted("late"))
        timeline.append(tx, "case:new", Noted("new"))
        await tx.flush()
        async with asyncio.timeout(60):
            assert await make(database) == 1
    assert await make(database) == 2
    assert [head.stream for head in (await newest(database)).heads] == ["case:late", "case:new"]
    assert await flaws(database) == []


async def test_one_a_minute_however_many_workers_ask(
    database: Database, turnable: clock.Turnable
) -> None:
    await write(database, "case:a")
    assert sum(await asyncio.gather(*(make(database, MINUTE) for _ in range(8)))) == 1
    await write(database, "case:b")
    assert await make(database, MINUTE) == 0
    turnable.turn(MINUTE)
    assert sum(await asyncio.gather(*(make(database, MINUTE) for _ in range(8)))) == 1
    await write(database, "case:c")
    turnable.turn(-timedelta(days=900))
    assert await make(database, MINUTE) == 1, "a clock that was wrong must not stop them"
    assert (await newest(database)).number == 3
    assert await flaws(database) == []


async def test_while_one_is_made_nobody_else_makes_one(database: Database) -> None:
    await write(database, "case:a")
    async with database.transaction() as tx:
        key = await parties.desk_key(tx)
        assert await timeline.checkpoint(tx, key.sign) == 1
        await write(database, "case:b")
        async with asyncio.timeout(60):
            assert await make(database) == 0
    assert await make(database) == 1


async def test_a_full_one_is_followed_at_once(database: Database) -> None:
    await write(database, *(f"case:{n}" for n in range(timeline.MOST + 5)))
    assert await make(database, MINUTE) == timeline.MOST
    assert await make(database, MINUTE) == 5
    assert await make(database, MINUTE) == 0


async def test_they_hold_while_everybody_writes(database: Database) -> None:
    over = asyncio.Event()

    async def go_on(act: Callable[[int], Awaitable[object]]) -> None:
        n = 0
        while not over.is_set():
            await act(n)
            n += 1

    async def look(turn: int) -> None:
        assert await flaws(database) == []
        if turn == 20:
            over.set()

    async with asyncio.TaskGroup() as group:
        for worker in range(3):
            streams = [f"case:{n}" for n in range(worker, 40, worker + 1)]
            group.create_task(go_on(lambda _, mine=streams: write(database, *mine)))  # type: ignore[misc]
        group.create_task(go_on(lambda _: make(database)))
        group.create_task(go_on(look))
    await make(database)
    async with database.transaction() as tx:
        rows = await tx.fetch(
            "select stream, seq from timeline_head h where not exists (select from"
            " timeline_checkpoint c, unnest(c.streams, c.seqs, c.hashes) as t (stream, seq, hash)"
            " where (t.stream, t.seq, t.hash) = (h.stream, h.seq, h.hash))"
        )
    assert rows == [], "each stream as it is now is in one of them"


async def test_many_are_verified_in_little_memory(database: Database) -> None:
    for n in range(60):
        await write(database, *(f"case:{n}-{m}" for m in range(500)))
        await make(database)
    tracemalloc.start()
    assert await flaws(database) == []
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4_000_000, "all of them take three times as much"
