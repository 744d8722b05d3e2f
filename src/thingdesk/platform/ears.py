"""One connection that listens, for all of a process that wait to be woken."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import asyncpg

GONE = (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, OSError)


class _Ear:
    """A connection that listens until nobody needs it any more, or until it is lost."""

    def __init__(self, connection: Any) -> None:
        self.deaf = asyncio.Event()
        self.listeners = 0
        # whether somebody left without a word: it may listen to what nobody waits for
        self.spoiled = False
        self._connection = connection
        self._one_at_a_time = asyncio.Lock()
        connection.add_termination_listener(self._lost)

    def _lost(self, _: object) -> None:
        self.deaf.set()

    async def listen(self, channel: str, heard: Callable[..., None]) -> None:
        async with self._one_at_a_time:
            await self._connection.add_listener(channel, heard)

    async def forget(self, channel: str, heard: Callable[..., None]) -> None:
        async with self._one_at_a_time:
            with suppress(*GONE):
                await self._connection.remove_listener(channel, heard)

    def leave(self) -> None:
        """Nobody needs it any more."""
        self._connection.remove_termination_listener(self._lost)
        if self.spoiled:
            with suppress(asyncpg.InterfaceError):
                self._connection.terminate()


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
        with suppress(asyncpg.InterfaceError):
            ear.leave()
        await held.aclose()

    @asynccontextmanager
    async def listening(
        self, channel: str, wake: Callable[[], None]
    ) -> AsyncIterator[asyncio.Event]:
        """Call `wake` at each notification of `channel`, while the block runs. The event is set
        when the connection is lost.
        """
        left = False

        def heard(*_: object) -> None:
            if not left:
                wake()

        ear, held = await self._enter()
        try:
            await ear.listen(channel, heard)
            yield ear.deaf
            await ear.forget(channel, heard)
        except BaseException:
            left = ear.spoiled = True
            raise
        finally:
            await self._leave(ear, held)
