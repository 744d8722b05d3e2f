"""Reads a recording of any known format; the heading tells which it is."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from thingdesk.replay import obd_log, series
from thingdesk.replay.recorded import Recorded, Unreadable

_Reader = Callable[[Iterable[str], str], Iterator[Recorded | Unreadable]]
_READERS: dict[str, _Reader] = {series.HEADER: series.read, obd_log.HEADER: obd_log.read}


class UnknownRecordingError(ValueError):
    """The heading of a file is that of no known format."""


def read(path: Path) -> Iterator[Recorded | Unreadable]:
    """The rows of a recording in the file's order. UnknownRecordingError, or OSError.

    Bytes that are no UTF-8 make their cell unreadable and nothing else.
    """
    # newlines within quotes are no part of these formats: a line is a row
    with path.open(encoding="utf-8-sig", errors="replace", newline=None) as lines:
        heading = lines.readline()
        for begin, reader in _READERS.items():
            if heading.startswith(begin):
                lines.seek(0)
                yield from reader(lines, path.name)
                return
    known = ", ".join(f"{begin!r}..." for begin in _READERS)
    raise UnknownRecordingError(f"{path.name} begins with {heading[:40]!r}; known are {known}")
