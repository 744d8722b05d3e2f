"""What time it is at the desk, as far as the desk's own signed words tell."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

TOKEN_OFF = timedelta(seconds=20)
"""A clock that is ahead by more is not signed by: the desk bears with half a minute."""

SIGNAL_OFF = timedelta(minutes=5)
"""As the desk: beyond this a clock is not believed."""


class DeskClock:
    """The machine's own clock, and what is known of the desk's.

    Each signed word of the desk says that it is so late or later: the latest one, and what has
    passed since, is what is known. One that somebody holds back or repeats therefore changes
    nothing. It is kept in memory alone, as nobody knows for how long a machine was off.
    """

    def __init__(
        self, own: Callable[[], datetime], passed: Callable[[], float] = time.monotonic
    ) -> None:
        self._own = own
        self._passed = passed
        self._heard: tuple[datetime, float] | None = None
        self._ahead = False

    def hear(self, at: datetime) -> None:
        """The desk has signed that it was `at`, or later, when this was sent."""
        known = self.desk
        if known is None or at > known:
            self._heard = at, self._passed()

    @property
    def desk(self) -> datetime | None:
        """The desk's time, or somewhat earlier; None before its first word."""
        if self._heard is None:
            return None
        at, when = self._heard
        return at + timedelta(seconds=self._passed() - when)

    @property
    def latest(self) -> datetime:
        """No earlier than the desk's: a clock that was reset does not bring back what is over."""
        own, desk = self._own(), self.desk
        return own if desk is None else max(own, desk)

    @property
    def for_token(self) -> datetime:
        """The time to sign a token by."""
        desk = self.desk
        return desk if self._ahead and desk is not None else self.latest

    def doubt(self, said: datetime | None = None) -> None:
        """A token was refused, and `said` is the desk's word with that, if it gave one. What is
        known is later only if the desk's own clock was ahead once: that is forgotten.
        """
        if said is not None:
            known = self.desk
            if known is not None and known - said > TOKEN_OFF:
                self._heard = None
            self.hear(said)
        desk = self.desk
        self._ahead = desk is not None and self._own() - desk > TOKEN_OFF

    def of_signal(self) -> datetime | None:
        """The time of what is observed now: the own clock's; None when that is known to be behind.

        A clock that is ahead is the desk's to see: it knows better how late it is.
        """
        own, desk = self._own(), self.desk
        return None if desk is not None and own < desk - SIGNAL_OFF else own
