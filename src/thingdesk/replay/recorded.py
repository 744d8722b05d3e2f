"""What a reader yields: one row of a recording, and what of it could not be read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

_NO_MACHINE = re.compile(r"[^A-Za-z0-9_-]")
_NO_ID = re.compile(r"[^\x21-\x7e]")
_LONGEST_MACHINE = 64
_LONGEST_NAME = 100
_YEARS = range(1970, 2200)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What one row says. `codes` is None where the row says nothing of trouble codes.

    `event_id` is the file's name and the line, so that a row sent again is known as the same.
    """

    machine: str
    at: datetime
    event_id: str
    values: Mapping[str, float] = field(default_factory=dict)
    codes: tuple[str, ...] | None = None
    position: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row that could not be read, or one cell of it where `column` says so (the rest was)."""

    line: int
    reason: str
    column: str | None = None


def event_id(name: str, line: int) -> str:
    return f"{_NO_ID.sub('_', name)[-_LONGEST_NAME:]}:{line}"


def in_run(event: str, number: int) -> str:
    """The event's id in a later run of the same recording."""
    name, _, line = event.rpartition(":")
    return event if number == 1 else f"{name}~{number}:{line}"


def machine_in_run(machine: str, number: int) -> str:
    """The machine's id in a later run of the same recording."""
    suffix = f"-{number}"
    return machine if number == 1 else machine[: _LONGEST_MACHINE - len(suffix)] + suffix


def is_plausible(at: datetime) -> bool:
    """Whether a recording may be of then: what lies beyond is no time but damage."""
    return at.year in _YEARS


def machine_of(name: str) -> str:
    """A machine id that is as near to a file's name as an id may be."""
    return _NO_MACHINE.sub("-", name)[:_LONGEST_MACHINE] or "machine"


def is_machine(name: str) -> bool:
    return 0 < len(name) <= _LONGEST_MACHINE and not _NO_MACHINE.search(name)
