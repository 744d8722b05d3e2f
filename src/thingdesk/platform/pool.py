"""Connections to one PostgreSQL, kept open and given out one at a time."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg
import orjson

from thingdesk.platform.ears import GONE, Ears
from thingdesk.platform.metrics import Gauge

_CONNECTIONS = Gauge(
    "thingdesk.database.connections",
    "Connections of this process to PostgreSQL. When none is idle for long, work waits for one.",
    "state",
)

_PASSING = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.TransactionRollbackError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.LockNotAvailableError,
    # what asyncpg makes of a session that the server has ended, until it sees the connection end
    asyncpg.InternalClientError,
)


_SESSION = "select pg_backend_pid()"
_SHARED = (
    "a pool in front of it gives each transaction another session; set it to pool sessions, or"
    " connect to PostgreSQL itself"
)


class Unreachable(ConnectionError):
    """The database does not answer, or does not let us in."""


class NotCommitted(RuntimeError):
    """A statement of the transaction had failed, and whoever ran it went on: nothing is stored."""


class _Connection(asyncpg.Connection):  # type: ignore[misc]
    """Raises NotCommitted where PostgreSQL rolls back instead of committing.

    To the `COMMIT` of a transaction with a failed statement it answers `ROLLBACK`, which is no
    error to asyncpg: what is lost would be acknowledged.
    """

    async def execute(self, query: str, *arguments: object, **how: Any) -> str:
        status: str = await super().execute(query, *arguments, **how)
        if status == "ROLLBACK" and not query.startswith("ROLLBACK"):
            raise NotCommitted(
                "nothing is stored: a statement failed, and the error was caught in the middle of"
                " the transaction (what may fail belongs in a savepoint)"
            )
        return status


def is_passing(error: BaseException) -> bool:
    """Whether it came from the database or the way to it, and may be gone at the next attempt."""
    return isinstance(error, _PASSING)


def _dump(value: object) -> bytes:
    return b"\x01" + orjson.dumps(value, default=str)


def _load(value: bytes) -> Any:
    return orjson.loads(value[1:])


async def _prepare(connection: Any) -> None:
    # jsonb's binary form is a version byte, 1, before the text
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=_dump, decoder=_load, format="binary"
    )


async def _keeps_sessions(pool: Any) -> bool:
    """Whether each connection has a session of the server to itself, until it ends. What we prepare
    and listen for is the session's: behind a pool that lends it for a transaction it is lost.
    """
    try:
        async with pool.acquire() as one, pool.acquire() as two:
            session = await one.fetchval(_SESSION)
            async with two.transaction():
                other = await two.fetchval(_SESSION)
                return bool(other != session and session == await one.fetchval(_SESSION))
    except (asyncpg.InvalidSQLStatementNameError, asyncpg.DuplicatePreparedStatementError):
        return False


async def _leave(_: Any) -> None:
    """A transaction that is still open was rolled back by asyncpg, and all that we set or lock ends
    with its transaction: to reset the session as well would be a round trip for nothing.
    """


class Pool:
    """So many connections at most; who finds none waits for one."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._waiting: set[asyncio.Timeout] = set()
        self.ears = Ears(self.connection)
        _CONNECTIONS.read = self._connections

    def _connections(self) -> Mapping[str, float]:
        idle = self._pool.get_idle_size()
        return {"idle": idle, "used": self._pool.get_size() - idle}

    @classmethod
    async def open(cls, url: str, most: int) -> "Pool":
        """Connect to `url`. Raises Unreachable."""
        named = {"application_name": "thingdesk"}
        pool = None
        try:
            pool = await asyncpg.create_pool(
                url,
                # one now, to see that it works; none is kept up while nobody needs it
                init_size=1,
                min_size=0,
                max_size=most,
                connection_class=_Connection,
                init=_prepare,
                reset=_leave,
                server_settings=named,
            )
            if most > 1 and not await _keeps_sessions(pool):
                raise ConnectionError(_SHARED)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
            if pool is not None:
                pool.terminate()
            raise Unreachable(f"PostgreSQL cannot be used: {error}") from error
        return cls(pool)

    async def close(self) -> None:
        # what is lost while it says goodbye is closed, too: asyncpg then ends all the others
        with suppress(*GONE):
            await self._pool.close()

    def abandon(self) -> None:
        """End every connection where it stands. Who waits for one waits no longer."""
        for one in self._waiting:
            one.reschedule(0)
        self._pool.terminate()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Any]:
        """One of the connections, until the block ends."""
        async with asyncio.timeout(None) as limit:
            self._waiting.add(limit)
            try:
                connection = await self._pool.acquire()
            finally:
                self._waiting.discard(limit)
        try:
            yield connection
        finally:
            await self._pool.release(connection)
