"""Pages that stay up to date: one listener a process, its news handed to every open page."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request

from thingdesk.platform.database import Database, Transaction
from thingdesk.platform.loops import first_of, repeat

CHANNEL = "timeline"
_AT_LEAST_EVERY = 5.0
_AT_MOST_EVERY = 0.4
Parts = dict[str, str]


class Live:
    """The parts of a page, drawn again when something has happened: once for all who look, and a
    few times a second at most, however much happens. Nothing is drawn while nobody looks.
    """

    def __init__(
        self,
        database: Database,
        draw: Callable[[Transaction], Awaitable[Parts]],
        stop: asyncio.Event,
    ) -> None:
        self._database = database
        self._draw = draw
        self._stop = stop
        self._parts: Parts = {}
        self._changed = asyncio.Event()
        self._drawing = asyncio.Lock()
        self.looking = 0

    async def run(self) -> None:
        """Follow the timeline until the desk stops."""
        await repeat(self._database, CHANNEL, self._act, self._stop, every=_AT_LEAST_EVERY)
        self._wake_all()

    async def follow(self, every: float = 15.0) -> AsyncGenerator[Parts, None]:
        """What changed since the last time, and nothing at least `every` seconds; all of it first.
        It ends when the desk stops.
        """
        seen: Parts = {}
        self.looking += 1
        try:
            await self._draw_now()
            while not self._stop.is_set():
                changed = self._changed
                news = {name: html for name, html in self._parts.items() if seen.get(name) != html}
                seen |= news
                yield news
                if changed is self._changed:
                    await first_of(changed, self._stop, seconds=every)
        finally:
            self.looking -= 1

    async def _act(self) -> int:
        if self.looking:
            await self._draw_now()
            await first_of(self._stop, seconds=_AT_MOST_EVERY)
        return 0

    async def _draw_now(self) -> None:
        async with self._drawing, self._database.transaction() as tx:
            parts = await self._draw(tx)
        if parts != self._parts:
            self._parts = parts
            self._wake_all()

    def _wake_all(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


async def _live(request: Request) -> Live:
    live: Live = request.app.state.live
    return live


Following = Annotated[Live, Depends(_live)]
