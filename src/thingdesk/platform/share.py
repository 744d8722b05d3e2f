"""What may be under way at once: of one sender, so that it slows down nobody but itself, and of
all, so that memory is bounded when what they wait for stands still.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from thingdesk.platform import clock

_SPAN = timedelta(seconds=10)
# for each second of ours, two for everybody else
_REST = 2.0
# longer than that nothing is anybody's own work: the database stood still
_LONGEST_REST = 5.0


@dataclass(slots=True)
class _Load:
    messages: int = 0
    size: int = 0

    def add(self, size: int) -> None:
        self.messages += 1
        self.size += size


class Room(Enum):
    """Whether there is room, and if not, whose share is used up."""

    FREE = "free"
    NONE_OF_THEIRS = "none of theirs"
    NONE_AT_ALL = "none at all"


class Share:
    """So many messages and bytes a sender, and always one message; and so many of all together.

    The room of a message is free again some time after its end, the longer the more work it was.
    `on_flood` hears of a sender of whom ten times the share was refused within ten seconds: to say
    no takes work, too.
    """

    def __init__(
        self,
        messages: int,
        size: int,
        of_all: tuple[int, int],
        on_flood: Callable[[str], None] | None = None,
    ) -> None:
        self._messages = messages
        self._size = size
        self._most_messages, self._most_size = of_all
        self._all = _Load()
        self._on_flood = on_flood
        self._under_way: dict[str, _Load] = {}
        self._refused: dict[str, _Load] = {}
        self._refused_from: datetime | None = None

    def take(self, sender: str, size: int) -> "Place":
        """Room for one more message, if there is any; theirs until it is given back."""
        if self._all.messages >= self._most_messages or self._all.size >= self._most_size:
            return Place(self, sender, size, Room.NONE_AT_ALL)
        theirs = self._under_way.get(sender)
        if theirs is None:
            theirs = self._under_way[sender] = _Load()
        elif (theirs.messages or theirs.size) and not self._has_room(theirs, size):
            self._refuse(sender, size)
            return Place(self, sender, size, Room.NONE_OF_THEIRS)
        theirs.add(size)
        self._all.add(size)
        return Place(self, sender, size, Room.FREE)

    def _leave(self, sender: str, size: int, loop: asyncio.AbstractEventLoop, began: float) -> None:
        self._under_way[sender].messages -= 1
        self._all.messages -= 1
        self._all.size -= size
        rest = min((loop.time() - began) * _REST, _LONGEST_REST)
        loop.call_later(rest, self._free, sender, size)

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


class Place:
    """What a message has of its sender's share, until it is given back."""

    __slots__ = ("_began", "_loop", "_sender", "_share", "_size", "room")

    def __init__(self, share: Share, sender: str, size: int, room: Room) -> None:
        self._share, self._sender, self._size, self.room = share, sender, size, room
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()

    def give_back(self) -> None:
        """To be called once, when the message is no longer under way."""
        if self.room is Room.FREE:
            self._share._leave(self._sender, self._size, self._loop, self._began)  # noqa: SLF001 - its own
