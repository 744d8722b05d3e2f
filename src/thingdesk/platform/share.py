"""What one sender may have under way at once, so that it slows down nobody but itself."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from thingdesk.platform import clock

_SPAN = timedelta(seconds=10)
# for each second of ours, two for everybody else
_REST = 2.0


@dataclass(slots=True)
class _Load:
    messages: int = 0
    size: int = 0

    def add(self, size: int) -> None:
        self.messages += 1
        self.size += size


class Share:
    """So many messages and bytes a sender, and always one message.

    The room of a message is free again some time after its end, the longer the more work it was.
    `on_flood` hears of a sender of whom ten times the share was refused within ten seconds: to say
    no takes work, too.
    """

    def __init__(
        self, messages: int, size: int, on_flood: Callable[[str], None] | None = None
    ) -> None:
        self._messages = messages
        self._size = size
        self._on_flood = on_flood
        self._under_way: dict[str, _Load] = {}
        self._refused: dict[str, _Load] = {}
        self._refused_from: datetime | None = None

    @contextmanager
    def take(self, sender: str, size: int) -> Iterator[bool]:
        """Whether there is room for one more message; it is theirs until the block ends."""
        theirs = self._under_way.setdefault(sender, _Load())
        if (theirs.messages or theirs.size) and not self._has_room(theirs, size):
            self._refuse(sender, size)
            yield False
            return
        theirs.add(size)
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            yield True
        finally:
            theirs.messages -= 1
            loop.call_later((loop.time() - began) * _REST, self._free, sender, size)

    def _has_room(self, theirs: _Load, size: int) -> bool:
        return theirs.messages < self._messages and theirs.size + size <= self._size

    def _free(self, sender: str, size: int) -> None:
        theirs = self._under_way.get(sender, _Load())
        theirs.size -= size
        if not theirs.messages and not theirs.size:
            self._under_way.pop(sender, None)

    def _refuse(self, sender: str, size: int) -> None:
        now = clock.now()
        if self._refused_from is None or now - self._refused_from > _SPAN:
            self._refused_from = now
            self._refused.clear()
        refused = self._refused.setdefault(sender, _Load())
        refused.add(size)
        if refused.messages > 10 * self._messages or refused.size > 10 * self._size:
            del self._refused[sender]
            if self._on_flood is not None:
                self._on_flood(sender)
