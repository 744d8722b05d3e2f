"""Following cases: one look at the timeline for all who follow, whenever it has grown."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from thingdesk import timeline
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Recovery, refuse
from thingdesk.platform.loops import first_of, repeat

CHANNEL = "timeline"
_AT_LEAST_EVERY = 2.0
_AT_MOST_EVERY = 0.1
_MOST = 2_000


class Followers:
    """Who follows streams of the timeline; each is woken when its stream has grown."""

    def __init__(self, database: Database, stop: asyncio.Event) -> None:
        self._database = database
        self._stop = stop
        self._following: Counter[str] = Counter()
        self._newest: dict[str, int] = {}
        self._grown = asyncio.Event()

    async def run(self) -> None:
        """Look whenever the timeline has grown, until the desk stops."""
        await repeat(self._database, CHANNEL, self._look, self._stop, every=_AT_LEAST_EVERY)
        self._wake()

    @contextmanager
    def following(self, stream: str) -> Iterator[None]:
        """For as long as the block lasts the stream is looked at. Raises Refused when too many
        are.
        """
        if self._following.total() >= _MOST:
            words = "too many follow cases just now"
            raise refuse("too_many_follow", words, Recovery.RETRY)
        self._following[stream] += 1
        try:
            yield
        finally:
            self._following[stream] -= 1
            if not self._following[stream]:
                del self._following[stream]
                self._newest.pop(stream, None)

    async def grown(self, stream: str, number: int) -> bool:
        """Returns when the stream is longer than `number`; False when the desk stops instead."""
        while not self._stop.is_set():
            grown = self._grown
            if self._newest.get(stream, 0) > number:
                return True
            await first_of(grown, self._stop, seconds=_AT_LEAST_EVERY)
        return False

    async def _look(self) -> int:
        if self._following:
            async with self._database.transaction() as tx:
                newest = await timeline.newest(tx, list(self._following))
            self._newest = {name: n for name, n in newest.items() if name in self._following}
            self._wake()
            await first_of(self._stop, seconds=_AT_MOST_EVERY)
        return 0

    def _wake(self) -> None:
        grown, self._grown = self._grown, asyncio.Event()
        grown.set()
