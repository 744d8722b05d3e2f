"""What time it is at the desk, as far as the desk's own signed words tell."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

TOKEN_OFF = timedelta(seconds=20)
"""A clock that is ahead by more is not signed by: the desk bears with half a minute."""

SIGNAL_OFF = timedelta(minutes=5)
"""As the desk: beyond this a clock is not believed."""

_Word = tuple[datetime, float]
"""What the desk said, and when that was heard."""


class DeskClock:
    """The machine's own clock, and what is known of the desk's.

    Each signed word of the desk says that it is so late or later: the latest one, and what has
    passed since, is what is known. One that somebody holds back or repeats therefore brings nothing
    back that is over. What comes with a refusal may be earlier, as the desk's own clock may have
    been ahead: tokens alone are signed by that. It is kept in memory alone, as nobody knows for
    how long a machine was off.
    """

    def __init__(
        self, own: Callable[[], datetime], passed: Callable[[], float] = time.monotonic
    ) -> None:
        self._own = own
        self._passed = passed
        self._heard: _Word | None = None
        self._refused_with: _Word | None = None
        self._ahead = False

    def hear(self, at: datetime) -> None:
        """The desk has signed that it was `at`, or later, when this was sent."""
        known, refused_with = self.desk, self._since(self._refused_with)
        if known is None or at > known:
            self._heard, self._refused_with = (at, self._passed()), None
        elif refused_with is not None and at > refused_with:
            self._refused_with = at, self._passed()

    @property
    def desk(self) -> datetime | None:
        """The desk's time, or somewhat earlier, unless the desk's own clock was ahead; None before
        its first word.
        """
        return self._since(self._heard)

    @property
    def latest(self) -> datetime:
        """No earlier than the desk's: a clock that was reset does not bring back what is over."""
        return self._no_earlier_than(self.desk)

    @property
    def for_token(self) -> datetime:
        """The time to sign a token by."""
        desk = self._likeliest
        return desk if self._ahead and desk is not None else self._no_earlier_than(desk)

    def doubt(self, said: datetime | None = None) -> None:
        """A token was refused, and `said` is the desk's word with that, if it gave one."""
        if said is not None:
            likeliest = self._likeliest
            if likeliest is not None and likeliest - said > TOKEN_OFF:
                self._refused_with = said, self._passed()
            self.hear(said)
        desk = self._likeliest
        self._ahead = desk is not None and self._own() - desk > TOKEN_OFF

    @property
    def _likeliest(self) -> datetime | None:
        return self._since(self._refused_with or self._heard)

    def _since(self, word: _Word | None) -> datetime | None:
        return word[0] + timedelta(seconds=self._passed() - word[1]) if word else None

    def _no_earlier_than(self, desk: datetime | None) -> datetime:
        own = self._own()
        return own if desk is None else max(own, desk)

    def of_signal(self) -> datetime | None:
        """The time of what is observed now: the own clock's; None when that is known to be behind.

        A clock that is ahead is the desk's to see: it knows better how late it is.
        """
        own, desk = self._own(), self.desk
        return None if desk is not None and own < desk - SIGNAL_OFF else own
