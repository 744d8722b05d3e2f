"""Group commit: a few milliseconds of work from many senders in one transaction."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar

from thingdesk.platform import traces
from thingdesk.platform.database import Database, Transaction
from thingdesk.platform.metrics import SECONDS, Histogram
from thingdesk.platform.pool import is_passing

_log = logging.getLogger(__name__)
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
    done: Callable[[Result | Exception], None]
    span: Any


class Gatherer(Generic[Item, Result]):
    """Hands items to `handler` in groups, each group in a transaction of its own.

    When a group fails, its halves are tried, and theirs, so that a bad item fails alone and the
    others hardly wait for it; what may have passed, such as a deadlock, is tried once more. `kind`
    is how groups are counted. How much may wait is for those who hand in to bound.
    """

    def __init__(
        self,
        database: Database,
        handler: Callable[[Transaction, Sequence[Item]], Awaitable[Sequence[Result]]],
        *,
        kind: str,
        most: int = 500,
    ) -> None:
        self._kind = kind
        self._database = database
        self._handler = handler
        self._most = most
        self._waiting: deque[_Waiting[Item, Result]] = deque()
        self._wake = asyncio.Event()
        self._ended = False
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Gatherer[Item, Result]":
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Finish what has been handed in, then end."""
        self._ended = True
        self._wake.set()
        if self._task:
            await self._task

    def hand_in(
        self, item: Item, done: Callable[[Result | Exception], None], span: Any = None
    ) -> None:
        """`done` hears the item's result once it is committed, or the error. `span` is what the
        group's is linked to.
        """
        self._add(_Waiting(item, done, span))

    async def put(self, item: Item) -> Result:
        """The item's result, after its commit. Who stops waiting for it before its group has begun
        leaves nothing behind.
        """
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        one = _Waiting(item, partial(settle, done), traces.current())
        self._add(one)
        try:
            return await done
        except asyncio.CancelledError:
            with suppress(ValueError):  # its group has begun
                self._waiting.remove(one)
            raise

    def _add(self, one: _Waiting[Item, Result]) -> None:
        self._waiting.append(one)
        self._wake.set()

    async def _run(self) -> None:
        # While one group commits, the next one gathers: the commit itself is the delay.
        while self._waiting or not self._ended:
            await self._wake.wait()
            size = min(len(self._waiting), self._most)
            await self._settle([self._waiting.popleft() for _ in range(size)])
            if not self._waiting and not self._ended:
                self._wake.clear()

    async def _settle(self, group: list[_Waiting[Item, Result]], *, again: bool = False) -> None:
        if not group:
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
                self._tell(group[0], error)
            return
        for one, result in zip(group, results, strict=True):
            self._tell(one, result)

    async def _commit(self, group: list[_Waiting[Item, Result]]) -> Sequence[Result]:
        clock = asyncio.get_running_loop().time
        began = clock()
        with traces.span(f"group {self._kind}", [one.span for one in group], items=len(group)):
            async with self._database.transaction() as tx:
                results = await self._handler(tx, [one.item for one in group])
        ITEMS.record(len(group), self._kind)
        DURATION.record(clock() - began, self._kind)
        return results

    def _tell(self, one: _Waiting[Item, Result], result: Result | Exception) -> None:
        try:
            one.done(result)
        except Exception:  # noqa: BLE001 - the others of the group hear of theirs
            _log.exception("what became of one of %s could not be told", self._kind)


def settle(done: "asyncio.Future[Result]", result: Result | Exception) -> None:
    """Let who waits for it have it, unless they have gone."""
    if done.done():
        return
    if isinstance(result, Exception):
        done.set_exception(result)
    else:
        done.set_result(result)
