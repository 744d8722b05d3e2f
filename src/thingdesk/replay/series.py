"""Files of one machine and one metric: `timestamp,value`, as the Numenta Anomaly Benchmark has."""

import csv
import math
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from thingdesk.replay.recorded import Recorded, Unreadable, event_id, is_plausible, machine_of

HEADER = "timestamp,"
_COLUMNS = 2


def read(
    lines: Iterable[str], name: str, *, metric: str = "temperature"
) -> Iterator[Recorded | Unreadable]:
    """The rows of a file called `name`, the heading first.

    The machine is called as the file is. `value` is `metric`, in the recording's own unit; another
    heading names its metric itself. A time without a zone is UTC.
    """
    numbered = enumerate(lines, start=1)
    _, heading = next(numbered, (1, ""))
    column = heading.strip().partition(",")[2].strip() or "value"
    metric = metric if column == "value" else column
    machine = machine_of(name.rpartition(".")[0] or name)
    for line, text in numbered:
        if not text.strip():
            continue
        row = _row(text)
        if isinstance(row, str):
            yield Unreadable(line, row)
        else:
            yield Recorded(machine, row[0], event_id(name, line), {metric: row[1]})


def _row(text: str) -> tuple[datetime, float] | str:
    """The time and the value of a line, or why they cannot be read."""
    try:
        cells = next(csv.reader([text]))
    except csv.Error as error:
        return f"not comma separated: {error}"
    if len(cells) != _COLUMNS:
        return f"{len(cells)} cells where a time and a value belong"
    at: datetime | None
    try:
        at = datetime.fromisoformat(cells[0])
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        at = None
    if at is None or not is_plausible(at):
        return f"no time: {cells[0][:40]!r}"
    try:
        value = float(cells[1])
    except ValueError:
        return f"no number: {cells[1][:40]!r}"
    return (at, value) if math.isfinite(value) else f"not finite: {cells[1][:40]!r}"
