"""Reads a recording of any known format; the heading tells which it is."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from thingdesk.replay import obd_log, series
from thingdesk.replay.recorded import Recorded, Unreadable

Place = tuple[float, float]
"""Latitude and longitude in degrees."""

_Reader = Callable[[Iterable[str], str, Place], Iterator[Recorded | Unreadable]]


@dataclass(frozen=True, slots=True)
class _Format:
    kind: str
    reader: _Reader


_FORMATS = {
    series.HEADER: _Format("press", lambda lines, name, _: series.read(lines, name)),
    obd_log.HEADER: _Format("car", lambda lines, name, near: obd_log.read(lines, name, near=near)),
}


class UnknownRecordingError(ValueError):
    """The heading of a file is that of no known format."""


def read(path: Path, near: Place | None = None) -> Iterator[Recorded | Unreadable]:
    """The rows of a recording in the file's order. UnknownRecordingError, or OSError.

    `near` is about where it was made, by which damaged coordinates are read.
    Bytes that are no UTF-8 make their cell unreadable and nothing else.
    """
    found = _format(path)
    with _open(path) as lines:
        yield from found.reader(lines, path.name, near or obd_log.NATAL)


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
