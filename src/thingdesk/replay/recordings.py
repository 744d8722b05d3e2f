"""Reads a recording of any known format; the heading tells which it is."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from thingdesk.replay import obd_log, series
from thingdesk.replay.recorded import Recorded, Unreadable

_Reader = Callable[[Iterable[str], str], Iterator[Recorded | Unreadable]]


@dataclass(frozen=True, slots=True)
class _Format:
    kind: str
    reader: _Reader


_FORMATS = {
    series.HEADER: _Format("press", series.read),
    obd_log.HEADER: _Format("car", obd_log.read),
}


class UnknownRecordingError(ValueError):
    """The heading of a file is that of no known format."""


def read(path: Path) -> Iterator[Recorded | Unreadable]:
    """The rows of a recording in the file's order. UnknownRecordingError, or OSError.

    Bytes that are no UTF-8 make their cell unreadable and nothing else.
    """
    found = _format(path)
    with _open(path) as lines:
        yield from found.reader(lines, path.name)


def kind(path: Path) -> str:
    """What its machines are: `car`, or `press` for any one of a single metric. Raises as `read`."""
    return _format(path).kind


def _format(path: Path) -> _Format:
    with _open(path) as lines:
        heading = lines.readline()
    for begin, found in _FORMATS.items():
        if heading.startswith(begin):
            return found
    known = ", ".join(f"{begin!r}..." for begin in _FORMATS)
    raise UnknownRecordingError(f"{path.name} begins with {heading[:40]!r}; known are {known}")


def _open(path: Path) -> TextIO:
    # newlines within quotes are no part of these formats: a line is a row
    return path.open(encoding="utf-8-sig", errors="replace", newline=None)
