"""Descriptions of clients that were read, and what was none, each in places of its own."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from thingdesk.access.model import Client
from thingdesk.platform import clock
from thingdesk.platform.errors import Refused

_GOOD_FOR = timedelta(minutes=5)
_BAD_FOR = timedelta(seconds=30)
# a site that is away for a moment must not end its applications; one that was taken over may not
# use for long what it can keep the desk from reading anew
_GOOD_INSTEAD = timedelta(hours=3)
_MOST = 1000


@dataclass(slots=True)
class _Read:
    client: Client
    at: datetime
    until: datetime


class Shelf:
    """What was read is good for some minutes, and for some hours where its site says nothing of it;
    what cannot be used is not asked for again at once. Bad ones take no place of good ones.
    """

    def __init__(self) -> None:
        # those used last come last
        self._good: dict[str, _Read] = {}
        self._bad: dict[str, tuple[datetime, Refused]] = {}

    def find(self, client_id: str) -> Client | Refused | None:
        """What is known of it by now; None: it has to be asked for."""
        now = clock.now()
        good = self._good.get(client_id)
        if good is not None and now < good.until:
            self._good[client_id] = self._good.pop(client_id)
            return good.client
        until, refused = self._bad.get(client_id, (now, None))
        return refused if now < until else None

    def put(self, client: Client) -> None:
        now = clock.now()
        self._bad.pop(client.id, None)
        self._good.pop(client.id, None)
        self._good[client.id] = _Read(client, now, now + _GOOD_FOR)
        if len(self._good) > _MOST:
            del self._good[next(iter(self._good))]

    def refuse(self, client_id: str, refused: Refused) -> None:
        """It cannot be used, whatever it was before."""
        self._good.pop(client_id, None)
        self._bad.pop(client_id, None)
        self._bad[client_id] = clock.now() + _BAD_FOR, refused
        if len(self._bad) > _MOST:
            del self._bad[next(iter(self._bad))]

    def instead(self, client_id: str) -> Client | None:
        """What was read last, where it cannot be read just now; for a moment it is good again."""
        now = clock.now()
        old = self._good.get(client_id)
        if old is None or now >= old.at + _GOOD_INSTEAD:
            return None
        old.until = now + _BAD_FOR
        return old.client
