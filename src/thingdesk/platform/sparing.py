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
        if self._until is None or now >= self._until:
            self._begin(now)
        self._count += 1
        if self._count <= self._most:
            self._log.log(level, "%s", printable(line), exc_info=error)

    def _begin(self, now: datetime) -> None:
        left_out = self._count - self._most
        if left_out > 0:
            self._log.warning("%d more lines like these were left out", left_out)
        self._until, self._count = now + _SPAN, 0


def printable(text: str) -> str:
    """`text` with everything that cannot be printed spelled as Python does."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)
