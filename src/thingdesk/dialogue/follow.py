"""Following cases: one look at the timeline for all who follow, whenever it has grown, and one at
what they rest on, whenever something of that has ended.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from thingdesk import access, parties, timeline
from thingdesk.access import Caller
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Recovery, Refused, refuse
from thingdesk.platform.loops import first_of, repeat

CHANNEL = "timeline"
_AT_LEAST_EVERY = 2.0
_AT_MOST_EVERY = 0.1
_MOST, _MOST_EACH = 20_000, 500


@dataclass(eq=False, slots=True)
class Follower:
    """Who follows a stream of the timeline; `ended` is why they may not any more."""

    caller: Caller
    stream: str
    ended: Refused | None = None


class Followers:
    """Who follows streams of the timeline; each is woken when its stream has grown, and when it may
    not follow any more.
    """

    def __init__(self, database: Database, stop: asyncio.Event) -> None:
        self._database = database
        self._stop = stop
        self._followers: set[Follower] = set()
        self._following: Counter[str] = Counter()
        self._of_machine: Counter[str] = Counter()
        self._newest: dict[str, int] = {}
        self._grown = asyncio.Event()

    async def run(self) -> None:
        """Look whenever the timeline has grown, or a caller may not go on, until the desk stops."""
        looks = {CHANNEL: self._look, parties.CALLERS: self._look_who}
        async with asyncio.TaskGroup() as group:
            for channel, look in looks.items():
                group.create_task(
                    repeat(self._database, channel, look, self._stop, every=_AT_LEAST_EVERY)
                )
        self._wake()

    @contextmanager
    def following(self, caller: Caller, stream: str) -> Iterator[Follower]:
        """For as long as the block lasts the stream is looked at. Raises Refused when too many
        are, of all or of this machine.
        """
        if len(self._followers) >= _MOST or self._of_machine[caller.machine] >= _MOST_EACH:
            words = "too many follow cases just now"
            raise refuse("too_many_follow", words, Recovery.RETRY)
        follower = Follower(caller, stream)
        self._followers.add(follower)
        self._following[stream] += 1
        self._of_machine[caller.machine] += 1
        try:
            yield follower
        finally:
            self._followers.discard(follower)
            self._following[stream] -= 1
            self._of_machine[caller.machine] -= 1
            if not self._of_machine[caller.machine]:
                del self._of_machine[caller.machine]
            if not self._following[stream]:
                del self._following[stream]
                self._newest.pop(stream, None)

    async def grown(self, follower: Follower, number: int) -> bool:
        """Returns when the stream is longer than `number`; False when the desk stops instead.
        Raises Refused once the caller may not go on.
        """
        while not self._stop.is_set():
            grown = self._grown
            if follower.ended:
                raise follower.ended
            if self._newest.get(follower.stream, 0) > number:
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

    async def _look_who(self) -> int:
        followers = list(self._followers)
        if followers:
            async with self._database.transaction() as tx:
                found = await access.again(tx, [one.caller for one in followers])
            for follower, caller in zip(followers, found, strict=True):
                follower.ended = caller if isinstance(caller, Refused) else None
            if any(one.ended for one in followers):
                self._wake()
        return 0

    def _wake(self) -> None:
        grown, self._grown = self._grown, asyncio.Event()
        grown.set()
