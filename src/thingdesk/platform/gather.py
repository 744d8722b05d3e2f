"""Group commit: a few milliseconds of work from many senders in one transaction."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from thingdesk.platform import traces
from thingdesk.platform.database import Database, Transaction
from thingdesk.platform.metrics import SECONDS, Histogram
from thingdesk.platform.pool import is_passing

Item = TypeVar("Item")
Result = TypeVar("Result")
ITEMS = Histogram(
    "thingdesk.group.items",
    "How much came together in one transaction.",
    "kind",
    bounds=(1, 2, 5, 10, 20, 50, 100, 200, 500),
)
DURATION = Histogram(
    "thingdesk.group.duration",
    "How long such a transaction took, its commit included.",
    "kind",
    unit="s",
    bounds=SECONDS,
)


class _Waiting(NamedTuple, Generic[Item, Result]):
    item: Item
    done: "asyncio.Future[Result]"
    span: Any


class Gatherer(Generic[Item, Result]):
    """Hands items to `handler` in groups, each group in a transaction of its own.

    `put` returns the item's result once it is committed; it waits when `most_waiting` items wait
    already. When a group fails, its halves are tried, and theirs, so that a bad item fails alone
    and the others hardly wait for it; what may have passed, such as a deadlock, is tried once
    more. `kind` is how groups are counted.
    """

    def __init__(
        self,
        database: Database,
        handler: Callable[[Transaction, Sequence[Item]], Awaitable[Sequence[Result]]],
        *,
        kind: str,
        most: int = 500,
        most_waiting: int = 5000,
    ) -> None:
        self._kind = kind
        self._database = database
        self._handler = handler
        self._most = most
        self._waiting: asyncio.Queue[_Waiting[Item, Result]] = asyncio.Queue(most_waiting)
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Gatherer[Item, Result]":
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Finish what has been put, then end."""
        await self._waiting.join()
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def put(self, item: Item) -> Result:
        """The item's result, after its commit."""
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        await self._waiting.put(_Waiting(item, done, traces.current()))
        return await done

    async def _run(self) -> None:
        # While one group commits, the next one gathers: the commit itself is the delay.
        while True:
            group = [await self._waiting.get()]
            while len(group) < self._most and not self._waiting.empty():
                group.append(self._waiting.get_nowait())
            try:
                await self._settle([one for one in group if not one.done.done()])
            finally:
                for _ in group:
                    self._waiting.task_done()

    async def _settle(self, group: list[_Waiting[Item, Result]], *, again: bool = False) -> None:
        if not group:  # nobody waits for any of them any more
            return
        try:
            results = await self._commit(group)
        except Exception as error:  # noqa: BLE001 - handed to whoever waits for the item
            if len(group) > 1:
                half = len(group) // 2
                await self._settle(group[:half])
                await self._settle(group[half:])
            elif is_passing(error) and not again:
                await self._settle(group, again=True)
            else:
                self._answer(group[0].done, error)
            return
        for one, result in zip(group, results, strict=True):
            self._answer(one.done, result)

    async def _commit(self, group: list[_Waiting[Item, Result]]) -> Sequence[Result]:
        clock = asyncio.get_running_loop().time
        began = clock()
        with traces.span(f"group {self._kind}", [one.span for one in group], items=len(group)):
            async with self._database.transaction() as tx:
                results = await self._handler(tx, [one.item for one in group])
        ITEMS.record(len(group), self._kind)
        DURATION.record(clock() - began, self._kind)
        return results

    @staticmethod
    def _answer(done: "asyncio.Future[Result]", answer: Result | Exception) -> None:
        if done.done():
            return
        if isinstance(answer, Exception):
            done.set_exception(answer)
        else:
            done.set_result(answer)
