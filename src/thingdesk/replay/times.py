"""A recording's times, moved to the present."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from thingdesk.replay.recorded import Recorded


@dataclass(frozen=True, slots=True)
class Due:
    """`recorded` is to be sent at `at`."""

    at: datetime
    recorded: Recorded


def ending_at(recorded: Iterable[Recorded], now: datetime) -> list[Recorded]:
    """The same rows, moved so that each machine's latest is at `now`; its intervals are kept.

    Each machine is moved on its own: the machines of one recording were logged on different days,
    by clocks that agree to the hour at best, so their times to one another mean nothing, and a
    desk is to see them live at once.
    """
    rows = list(recorded)
    latest: dict[str, datetime] = {}
    for row in rows:
        latest[row.machine] = max(row.at, latest.get(row.machine, row.at))
    return [replace(row, at=now - (latest[row.machine] - row.at)) for row in rows]


def in_sending_order(recorded: Iterable[Recorded]) -> list[Due]:
    """The rows of all machines by when they are to be sent.

    A machine sends in the recording's order: a row with a time before its predecessor's was late
    in the recording, and is sent with its own time right after that predecessor.
    """
    latest: dict[str, datetime] = {}
    due = []
    for row in recorded:
        latest[row.machine] = max(row.at, latest.get(row.machine, row.at))
        due.append(Due(latest[row.machine], row))
    return sorted(due, key=lambda one: one.at)
