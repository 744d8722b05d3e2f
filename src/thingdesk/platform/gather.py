"""Group commit: a few milliseconds of work from many senders in one transaction."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from thingdesk.platform.database import Database, Transaction

Item = TypeVar("Item")
Result = TypeVar("Result")


class Gatherer(Generic[Item, Result]):
    """Hands items to `handler` in groups, each group in a transaction of its own.

    `put` returns the item's result once it is committed; it waits when `most_waiting` items wait
    already. When a group fails, its halves are tried, and theirs, so that a bad item fails alone
    and the others hardly wait for it.
    """

    def __init__(
        self,
        database: Database,
        handler: Callable[[Transaction, Sequence[Item]], Awaitable[Sequence[Result]]],
        *,
        most: int = 500,
        most_waiting: int = 5000,
    ) -> None:
        self._database = database
        self._handler = handler
        self._most = most
        self._waiting: asyncio.Queue[tuple[Item, asyncio.Future[Result]]] = asyncio.Queue(
            most_waiting
        )
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
        await self._waiting.put((item, done))
        return await done

    async def _run(self) -> None:
        # While one group commits, the next one gathers: the commit itself is the delay.
        while True:
            group = [await self._waiting.get()]
            while len(group) < self._most and not self._waiting.empty():
                group.append(self._waiting.get_nowait())
            try:
                await self._settle([one for one in group if not one[1].done()])
            finally:
                for _ in group:
                    self._waiting.task_done()

    async def _settle(self, group: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        if not group:  # nobody waits for any of them any more
            return
        try:
            results = await self._commit([item for item, _ in group])
        except Exception as error:  # noqa: BLE001 - handed to whoever waits for the item
            if len(group) > 1:
                half = len(group) // 2
                await self._settle(group[:half])
                await self._settle(group[half:])
            else:
                self._answer(group[0][1], error)
            return
        for (_, done), result in zip(group, results, strict=True):
            self._answer(done, result)

    async def _commit(self, items: list[Item]) -> Sequence[Result]:
        async with self._database.transaction() as tx:
            return await self._handler(tx, items)

    @staticmethod
    def _answer(done: "asyncio.Future[Result]", answer: Result | Exception) -> None:
        if done.done():
            return
        if isinstance(answer, Exception):
            done.set_exception(answer)
        else:
            done.set_result(answer)
