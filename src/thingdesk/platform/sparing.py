"""Lines of a log that others cause: not more than somebody can read, and one line each."""

import logging
from datetime import datetime, timedelta

from thingdesk.platform import clock

_SPAN = timedelta(minutes=1)


class SparingLog:
    """Writes at most `most` lines a minute; the next minute begins with how many it left out.

    What stands in them may come from anybody: it can end no line and turn no terminal.
    """

    def __init__(self, log: logging.Logger, most: int = 60) -> None:
        self._log = log
        self._most = most
        self._until: datetime | None = None
        self._count = 0

    def warning(self, line: str) -> None:
        self._write(logging.WARNING, line)

    def error(self, line: str, error: Exception) -> None:
        """The same as an error, with where it came from."""
        self._write(logging.ERROR, line, error)

    def _write(self, level: int, line: str, error: Exception | None = None) -> None:
        now = clock.now()
        # a clock that was turned back must not make a minute an hour
        if self._until is None or not self._until - _SPAN <= now < self._until:
            self._begin(now)
        self._count += 1
        if self._count <= self._most:
            self._log.log(level, "%s", printable(line), exc_info=error)

    def _begin(self, now: datetime) -> None:
        left_out = self._count - self._most
        if left_out > 0:
            self._log.warning("%d more lines like these were left out", left_out)
        self._until, self._count = now + _SPAN, 0


class RepeatedErrors:
    """Writes an error with where it came from, and while it comes again and again a line a minute:
    what is tried every second while the disk is full must not fill what room there is.
    """

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._told: dict[tuple[str, type[Exception]], tuple[datetime, datetime, int]] = {}

    def tell(self, what: str, error: Exception) -> None:
        """`what` failed; of those there are only a few."""
        now, key = clock.now(), (what, type(error))
        told, last, times = self._told.get(key, (now, now - 2 * _SPAN, 0))
        if abs(now - last) > _SPAN:
            self._log.error("%s", printable(what), exc_info=error)
            told, times = now, 0
        elif now - told >= _SPAN:
            again = "%s: %d times more: %s"
            self._log.error(again, printable(what), times + 1, printable(str(error)))
            told, times = now, 0
        else:
            times += 1
        self._told[key] = told, now, times


def printable(text: str) -> str:
    """`text` with everything that cannot be printed spelled as Python does."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)
