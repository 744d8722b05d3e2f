"""Group commit: who hears what of theirs, and what is left of those who no longer wait."""

import asyncio
from collections.abc import Sequence

from tests.waiting import until

from thingdesk.platform.database import Database, Transaction
from thingdesk.platform.gather import Gatherer


async def test_who_cannot_hear_of_theirs_keeps_nobody_else_from_it(database: Database) -> None:
    async def handle(_: Transaction, items: Sequence[str]) -> Sequence[str]:
        return items

    def deaf(_: str | Exception) -> None:
        raise ValueError("cannot hear")

    async with Gatherer(database, handle, kind="test") as group:
        group.hand_in("first", deaf)
        assert await group.put("second") == "second"


async def test_what_is_handed_in_is_finished_before_the_end(database: Database) -> None:
    heard: list[int | Exception] = []

    async def handle(tx: Transaction, items: Sequence[int]) -> Sequence[int]:
        await tx.execute("select 1")
        return items

    async with Gatherer(database, handle, kind="test", most=2) as group:
        for n in range(5):
            group.hand_in(n, heard.append)
    assert heard == list(range(5))


async def test_who_stops_waiting_leaves_nothing_behind(database: Database) -> None:
    """Else those who give up while the database stands still would become ever more."""
    began: list[int] = []
    goes_on = asyncio.Event()

    async def handle(_: Transaction, items: Sequence[int]) -> Sequence[int]:
        began.extend(items)
        await goes_on.wait()
        return items

    async def is_held() -> bool:
        return bool(began)

    async with Gatherer(database, handle, kind="test") as group:
        first = asyncio.create_task(group.put(1))
        await until(is_held)
        gone, stays = (asyncio.create_task(group.put(n)) for n in (2, 3))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.wait({gone})
        goes_on.set()
        assert (await first, await stays) == (1, 3)
    assert began == [1, 3]


async def test_who_stops_waiting_for_a_group_that_has_begun_disturbs_nobody(
    database: Database,
) -> None:
    began, goes_on = asyncio.Event(), asyncio.Event()

    async def handle(_: Transaction, items: Sequence[int]) -> Sequence[int]:
        began.set()
        await goes_on.wait()
        return items

    async with Gatherer(database, handle, kind="test") as group:
        gone = asyncio.create_task(group.put(1))
        await began.wait()
        gone.cancel()
        await asyncio.wait({gone})
        goes_on.set()
        assert await group.put(2) == 2
    assert gone.cancelled()
