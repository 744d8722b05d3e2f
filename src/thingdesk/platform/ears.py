"""One connection that listens, for all of a process that wait to be woken."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import asyncpg

GONE = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
)


class _Ear:
    """A connection that listens until nobody needs it any more, or until it is lost.

    It asks for a channel once, however many wait for it, and goes on until its end: channels are
    few, and who comes back again and again leaves nothing behind.
    """

    def __init__(self, connection: Any) -> None:
        self.deaf = asyncio.Event()
        self.listeners = 0
        self._connection = connection
        self._one_at_a_time = asyncio.Lock()
        self._wakes: dict[str, list[Callable[[], None]]] = {}
        connection.add_termination_listener(self._lost)

    def _lost(self, _: object) -> None:
        self.deaf.set()

    def _heard(self, _connection: object, _pid: int, channel: str, _payload: str) -> None:
        for wake in tuple(self._wakes[channel]):
            wake()

    async def listen(self, channel: str, wake: Callable[[], None]) -> None:
        async with self._one_at_a_time:
            if channel not in self._wakes:
                await self._connection.add_listener(channel, self._heard)
                self._wakes[channel] = []
            self._wakes[channel].append(wake)

    def forget(self, channel: str, wake: Callable[[], None]) -> None:
        self._wakes[channel].remove(wake)

    async def leave(self) -> None:
        """Nobody needs it any more."""
        with suppress(*GONE):
            self._connection.remove_termination_listener(self._lost)
            for channel in self._wakes:
                await self._connection.remove_listener(channel, self._heard)


class Ears:
    """However many listen, and to however many channels, it takes one connection."""

    def __init__(self, connection: Callable[[], AbstractAsyncContextManager[Any]]) -> None:
        self._connection = connection
        self._opening = asyncio.Lock()
        self._now: tuple[_Ear, AsyncExitStack] | None = None

    async def _enter(self) -> tuple[_Ear, AsyncExitStack]:
        async with self._opening:
            if self._now is None or self._now[0].deaf.is_set():
                held = AsyncExitStack()
                self._now = (_Ear(await held.enter_async_context(self._connection())), held)
            self._now[0].listeners += 1
            return self._now

    async def _leave(self, ear: _Ear, held: AsyncExitStack) -> None:
        ear.listeners -= 1
        if ear.listeners:
            return
        if self._now == (ear, held):
            self._now = None
        try:
            await ear.leave()
        finally:
            await held.aclose()

    @asynccontextmanager
    async def listening(
        self, channel: str, wake: Callable[[], None]
    ) -> AsyncIterator[asyncio.Event]:
        """Call `wake` at each notification of `channel`, while the block runs. The event is set
        when the connection is lost.
        """
        ear, held = await self._enter()
        try:
            await ear.listen(channel, wake)
            try:
                yield ear.deaf
            finally:
                ear.forget(channel, wake)
        finally:
            await self._leave(ear, held)
