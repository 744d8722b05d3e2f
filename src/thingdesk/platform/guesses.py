"""A secret that strangers may guess at: of each of them few guesses are looked at."""

from collections.abc import Callable
from enum import Enum
from time import monotonic
from typing import NamedTuple

from thingdesk.platform.quota import Quota
from thingdesk.platform.secret import shows
from thingdesk.platform.senders import network_of

_MOST, _WINDOW = 10, 60.0
_KNOWN_FOR = 3600.0
_MOST_KNOWN = 1000


class Shown(Enum):
    """What somebody has shown; `UNSEEN`: it was not looked at."""

    RIGHT = "is right"
    NONE = "is missing"
    WRONG = "is not the right one"
    UNSEEN = "is not looked at, after too many wrong ones from there"


class Look(NamedTuple):
    """What was shown, and in how many seconds something is looked at again."""

    shown: Shown
    wait: int = 0

    @property
    def words(self) -> str:
        """What is to be said of the secret."""
        when = f": the next one is in {self.wait} s" if self.wait else ""
        return f"{self.shown.value}{when}"


class Guesses:
    """Looks at what is shown as `secret`: ten times a minute for each sender who may be guessing,
    and always for one who has shown the right one within the last hour. So nobody can have the
    right one's holder refused, neither from elsewhere nor, while it is in use, from behind the same
    address.
    """

    def __init__(self, secret: str, now: Callable[[], float] = monotonic) -> None:
        self._secret = secret
        self._now = now
        self._quota = Quota(_MOST, _WINDOW, now)
        # whose it is by what they showed, and when: those who showed it last come last
        self._right: dict[str, float] = {}

    def look(self, authorization: str, address: str) -> Look:
        """At the header of a request that came from there."""
        if not authorization:
            return Look(Shown.NONE)
        sender = network_of(address)
        if not self._is_known(sender) and (wait := self._quota.take(sender).wait):
            return Look(Shown.UNSEEN, wait)
        if not shows(authorization, self._secret):
            return Look(Shown.WRONG)
        self._remember(sender)
        return Look(Shown.RIGHT)

    def _is_known(self, sender: str) -> bool:
        shown = self._right.get(sender)
        return shown is not None and self._now() - shown < _KNOWN_FOR

    def _remember(self, sender: str) -> None:
        self._right.pop(sender, None)
        self._right[sender] = self._now()
        if len(self._right) > _MOST_KNOWN:
            del self._right[next(iter(self._right))]
