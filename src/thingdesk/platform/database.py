"""PostgreSQL: transactions, and rows gathered until just before the commit.

Round trips are what a transaction costs. `Transaction.gather` collects what many journeys or
reports want to write, and writes it by one statement for all of them.
"""

import asyncio
import logging
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import Any, TypeVar, cast

import orjson

from thingdesk.platform.errors import Refused
from thingdesk.platform.metrics import Counter
from thingdesk.platform.pool import Pool
from thingdesk.platform.turns import Act, Demand, ask, take_turns

_log = logging.getLogger(__name__)
Item = TypeVar("Item")
Answer = TypeVar("Answer")
Row = Mapping[str, Any]
Handler = Callable[["Transaction", list[Any]], Awaitable[None]]


def json(value: object) -> str:
    """`value` as JSON text, for a `text[]` parameter that is cast to jsonb.

    A list within a `jsonb[]` parameter would be taken for a further dimension of the array.
    """
    return orjson.dumps(value, default=str).decode()


def columns(rows: Iterable[Iterable[Any]]) -> list[list[Any]]:
    """Rows as the parameters of a statement that takes them by `unnest`; at least one row."""
    return [list(column) for column in zip(*rows, strict=True)]


class Transaction:
    """One transaction. Nothing outside it sees anything of it before it commits."""

    def __init__(self, connection: Any, kept: dict[object, Any]) -> None:
        self._connection = connection
        # what this process keeps of the database's content, by whatever key its owner chooses:
        # put in it only what is committed and does not change
        self.kept = kept
        self._gathered: dict[object, tuple[Handler, list[Any]]] = {}
        self._last: set[object] = set()
        self._channels: set[str] = set()
        self._counted: list[tuple[Counter, int, str]] = []
        self._unopened: list[Any] = []
        self._taking_turns = False
        self._asking = 0

    async def _wait(self, answer: Coroutine[Any, Any, Any]) -> Any:
        """The database's answer, the only thing to wait for while others take turns."""
        self._asking += 1
        try:
            while self._unopened:
                await self._unopened[0].start()
                del self._unopened[0]
            return await answer
        finally:
            answer.close()
            self._asking -= 1

    async def fetch(self, sql: str, *arguments: object) -> list[Row]:
        return cast("list[Row]", await self._wait(self._connection.fetch(sql, *arguments)))

    async def fetchrow(self, sql: str, *arguments: object) -> Row | None:
        found = await self._wait(self._connection.fetchrow(sql, *arguments))
        return cast("Row | None", found)

    async def fetchval(self, sql: str, *arguments: object) -> Any:
        return await self._wait(self._connection.fetchval(sql, *arguments))

    async def execute(self, sql: str, *arguments: object) -> str:
        return cast("str", await self._wait(self._connection.execute(sql, *arguments)))

    async def copy(
        self, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        """Load rows by COPY."""
        copied = self._connection.copy_records_to_table(table, columns=columns, records=rows)
        await self._wait(copied)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """What the block executes stays or goes as one. What it gathers is not part of that. A
        block that executes nothing costs nothing.
        """
        inner = self._connection.transaction()
        self._unopened.append(inner)
        with self.alone():
            try:
                yield
            except BaseException:
                if not self._drop(inner):
                    await self._wait(inner.rollback())
                raise
            if not self._drop(inner):
                await self._wait(inner.commit())

    def _drop(self, inner: Any) -> bool:
        """Whether it was never opened."""
        if inner not in self._unopened:
            return False
        self._unopened.remove(inner)
        return True

    async def together(self, acts: Iterable[Act]) -> None:
        """Run coroutines side by side: what they `share` is one call for all of them. One that
        waits for anything but this transaction raises Foreign.
        """

        async def answer(handler: Any, items: list[Any]) -> Sequence[Any]:
            with self.alone():
                return cast("Sequence[Any]", await handler(self, items))

        self._taking_turns = True
        try:
            await take_turns(acts, answer, lambda: self._asking > 0)
        finally:
            self._taking_turns = False

    async def share(
        self,
        handler: Callable[["Transaction", list[Item]], Awaitable[Sequence[Answer | Refused]]],
        item: Item,
        *,
        last: bool = False,
    ) -> Answer:
        """What `handler` answers to `item`, by one call with what all those `together` ask of it.

        An answer that is Refused is raised. With `last` it is asked only when all others wait
        for such an answer too, or have ended: for what depends on what they are about to do.
        """
        if self._taking_turns:
            answer: Answer | Refused = await ask(Demand(handler, item, last))
        else:
            (answer,) = await handler(self, [item])
        if isinstance(answer, Refused):
            raise answer
        return answer

    @contextmanager
    def alone(self) -> Iterator[None]:
        """None of those who run `together` with us does anything while the block runs."""
        before, self._taking_turns = self._taking_turns, False
        try:
            yield
        finally:
            self._taking_turns = before

    def gather(
        self,
        handler: Callable[["Transaction", list[Item]], Awaitable[None]],
        item: Item,
        *,
        last: bool = False,
    ) -> None:
        """Call `handler` once, just before the commit, with all items gathered for it.

        Handlers run in the order in which they were first named, and may gather in turn; those
        that are `last` only when nothing else is left.
        """
        if last:
            self._last.add(handler)
        self._gathered.setdefault(handler, (handler, []))[1].append(item)

    def gathered(
        self, handler: Callable[["Transaction", list[Item]], Awaitable[None]]
    ) -> list[Item]:
        """What is gathered for `handler` and not written yet."""
        return list(self._gathered.get(handler, (handler, []))[1])

    def defer(self, sql: str, row: tuple[Any, ...]) -> None:
        """Write `row` just before the commit, with all other rows of the same statement.

        The statement reads `insert into t (a, b) select * from unnest($1::x[], $2::y[])`.
        """

        async def write(tx: "Transaction", rows: list[tuple[Any, ...]]) -> None:
            await tx.execute(sql, *columns(rows))

        self._gathered.setdefault(sql, (write, []))[1].append(row)

    def notify(self, channel: str) -> None:
        """Wake whoever listens on `channel`, once, when this transaction has committed."""
        self._channels.add(channel)

    def count(self, counter: Counter, number: int = 1, value: str = "") -> None:
        """Count it when this transaction has committed."""
        self._counted.append((counter, number, value))

    def committed(self) -> None:
        """It has: to be called once."""
        for counter, number, value in self._counted:
            counter.add(number, value)

    async def flush(self) -> None:
        """Write what was gathered so far."""
        with self.alone():
            while self._gathered:
                key = min(self._gathered, key=self._last.__contains__)
                handler, items = self._gathered.pop(key)
                await handler(self, items)

    async def close(self) -> None:
        """Flush, and name the channels to wake: the last statements before the commit."""
        await self.flush()
        if self._channels:
            await self.execute(
                "select pg_notify(c, '') from unnest($1::text[]) c", sorted(self._channels)
            )


class Database:
    """Transactions on one PostgreSQL."""

    def __init__(self, pool: Pool, url: str) -> None:
        self._pool = pool
        self.url = url
        self._kept: dict[object, Any] = {}

    @classmethod
    async def connect(cls, url: str, *, most: int = 10) -> "Database":
        """Connect to `url`; `most` connections at most. Raises Unreachable."""
        return cls(await Pool.open(url, most), url)

    async def close(self) -> None:
        await self._pool.close()

    def abandon(self) -> None:
        """End every connection where it stands: what is under way fails, and leaves nothing. Who
        waits for a connection waits no longer.
        """
        self._pool.abandon()

    def abandon_in(self, seconds: float) -> asyncio.TimerHandle:
        """Abandon it then, unless the timer is cancelled: when it stands still, so does all that
        waits for it to be finished.
        """
        return asyncio.get_running_loop().call_later(seconds, self._hurry)

    def _hurry(self) -> None:
        _log.warning("not all could be finished in time: what is left is taken up again later")
        self.abandon()

    @asynccontextmanager
    async def transaction(self, *, idle_limit: float | None = None) -> AsyncIterator[Transaction]:
        """A transaction that commits at the end of the block, or leaves nothing behind.

        With `idle_limit` (seconds) the server itself ends the session, and so frees its locks,
        when this process falls silent in the middle of the transaction.
        """
        async with self._pool.connection() as connection, connection.transaction():
            if idle_limit is not None:
                await connection.execute(
                    f"set local idle_in_transaction_session_timeout = {int(idle_limit * 1000)}"
                )
            tx = Transaction(connection, self._kept)
            yield tx
            await tx.close()
        tx.committed()

    def listening(
        self, channel: str, wake: Callable[[], None]
    ) -> AbstractAsyncContextManager[asyncio.Event]:
        """Call `wake` whenever somebody notifies `channel`, while the block runs. The event is set
        when the connection is lost, and nothing will be heard any more. All who listen share one.
        """
        return self._pool.ears.listening(channel, wake)
