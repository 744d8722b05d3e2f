"""OBD-II logs of several cars in one file, as a phone wrote them and a spreadsheet damaged them.

The metrics, with their units (those of SAE J1979, which need no conversion):

- `engine_coolant_temperature`, `intake_air_temperature`, `ambient_temperature`: degrees Celsius
- `engine_speed`: revolutions per minute; `speed`: km/h; `air_flow`: g/s; `engine_runtime`: s
- `barometric_pressure`, `intake_manifold_pressure`, `fuel_pressure`: kPa; `altitude`: m
- `engine_load`, `fuel_level`, `throttle_position`, `short_term_fuel_trim_1` and `_2`,
  `long_term_fuel_trim_1` and `_2`: percent
- `timing_advance`: percent of the sensor's byte, and `equivalence_ratio`: a ratio (the logger wrote
  both with a percent sign)

A value that the car sent is kept, be it unlikely.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from thingdesk.diagnosis import TroubleCodes, UnreadableCode, read_codes
from thingdesk.replay.coordinates import coordinate, decimal
from thingdesk.replay.recorded import Recorded, Unreadable, event_id, is_machine, is_plausible

HEADER = "TIME;LATITUDE;LONGITUDE;"
NATAL = (-5.8, -35.2)
"""Where the 19 drivers of the published log drove: latitude and longitude of Natal, Brazil."""

_METRICS = {
    "ALTITUDE": ("altitude", ""),
    "BAROMETRIC_PRESSURE": ("barometric_pressure", "kPa"),
    "ENGINE_COOLANT_TEMP": ("engine_coolant_temperature", "C"),
    "FUEL_LEVEL": ("fuel_level", "%"),
    "ENGINE_LOAD": ("engine_load", "%"),
    "AMBIENT_AIR_TEMP": ("ambient_temperature", "C"),
    "ENGINE_RPM": ("engine_speed", "RPM"),
    "INTAKE_MANIFOLD_PRESSURE": ("intake_manifold_pressure", "kPa"),
    "MAF": ("air_flow", "g/s"),
    "Term Fuel Trim Bank 1": ("long_term_fuel_trim_1", "%"),
    "Long Term Fuel Trim Bank 2": ("long_term_fuel_trim_2", "%"),
    "AIR_INTAKE_TEMP": ("intake_air_temperature", "C"),
    "FUEL_PRESSURE": ("fuel_pressure", "kPa"),
    "SPEED": ("speed", "km/h"),
    "Short Term Fuel Trim Bank 2": ("short_term_fuel_trim_2", "%"),
    "Short Term Fuel Trim Bank 1": ("short_term_fuel_trim_1", "%"),
    "THROTTLE_POS": ("throttle_position", "%"),
    "TIMING_ADVANCE": ("timing_advance", "%"),
    "EQUIV_RATIO": ("equivalence_ratio", "%"),
}
_CODES = ("DTC_NUMBER", "TROUBLE_CODES")
_PLACE = (("LATITUDE", 90), ("LONGITUDE", 180))
_NO_FIX = ("0.0", "0.0")
_NUMBER = re.compile(r"(-?\d{1,15}(?:[.,]\d{1,15})?)(\D*)")
_RUNTIME = re.compile(r"(\d{1,2}):([0-5]\d):([0-5]\d)")
_TIME = re.compile(r"\d{1,13}(?:[.,]\d{1,13})?(?:E\+?\d{1,2})?")


@dataclass(slots=True)
class _Row:
    """One line by column, and what of it could not be read."""

    line: int
    cells: Mapping[str, str]
    bad: list[Unreadable] = field(default_factory=list)

    def cell(self, column: str) -> str:
        return self.cells.get(column, "").strip()

    def cannot(self, column: str) -> None:
        reason = f"cannot be read: {self.cell(column)[:40]!r}"
        self.bad.append(Unreadable(self.line, reason, column))


@dataclass(slots=True)
class _Clock:
    """A car's time: the engine's run time, which the logger kept to the second.

    TIME was rounded to hours by a spreadsheet and gives only the start. Where the run time goes
    back, the engine was started anew, at least that run time ago.
    """

    at: datetime
    runtime: int

    def advance(self, runtime: int) -> datetime:
        passed = runtime - self.runtime if runtime >= self.runtime else runtime + 1
        self.at += timedelta(seconds=passed)
        self.runtime = runtime
        return self.at


def read(
    lines: Iterable[str], name: str, *, near: tuple[float, float] = NATAL
) -> Iterator[Recorded | Unreadable]:
    """The rows of a file called `name`, the heading first; every VEHICLE_ID is a machine.

    `near` is about where the cars drove: coordinates that a spreadsheet damaged are read near it
    (see `coordinate`), or near the last one of the log that is whole. Of a row with a cell that
    cannot be read, that cell is reported and the others are kept; one without machine or run time
    is reported as a whole, as nobody knows whose it was or when.
    """
    numbered = enumerate(lines, start=1)
    _, heading = next(numbered, (1, ""))
    columns = [column.strip() for column in heading.split(";")]
    clocks: dict[str, _Clock] = {}
    about = list(near)
    for line, text in numbered:
        if not text.strip():
            continue
        cells = _cells(text)
        if len(cells) != len(columns):
            yield Unreadable(line, f"{len(cells)} cells where the heading has {len(columns)}")
            continue
        row = _Row(line, dict(zip(columns, cells, strict=True)))
        yield from _row(row, event_id(name, line), clocks, about)


def _cells(text: str) -> list[str]:
    try:
        return next(csv.reader([text], delimiter=";"))
    except csv.Error:
        return []


def _row(
    row: _Row, event: str, clocks: dict[str, _Clock], about: list[float]
) -> Iterator[Recorded | Unreadable]:
    machine = row.cell("VEHICLE_ID")
    if not is_machine(machine):
        yield Unreadable(row.line, f"VEHICLE_ID is no machine: {machine[:40]!r}")
        return
    runtime = _runtime(row.cell("ENGINE_RUNTIME"))
    if runtime is None:
        yield Unreadable(row.line, f"no ENGINE_RUNTIME: {row.cell('ENGINE_RUNTIME')[:40]!r}")
        return
    if machine not in clocks:
        start = _start(row.cell("TIME"))
        if start is None:
            yield Unreadable(row.line, f"no TIME: {row.cell('TIME')[:40]!r}")
            return
        clocks[machine] = _Clock(start, runtime)
    yield Recorded(
        machine=machine,
        at=clocks[machine].advance(runtime),
        event_id=event,
        values={**_values(row), "engine_runtime": float(runtime)},
        codes=_codes(row),
        position=_position(row, about),
    )
    yield from row.bad


def _runtime(text: str) -> int | None:
    """Seconds from `00:03:02`."""
    parts = _RUNTIME.fullmatch(text)
    return int(parts[1]) * 3600 + int(parts[2]) * 60 + int(parts[3]) if parts else None


def _start(text: str) -> datetime | None:
    """The moment of `1,51336E+12`, milliseconds since 1970."""
    if not _TIME.fullmatch(text):
        return None
    try:
        at = datetime.fromtimestamp(float(text.replace(",", ".")) / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return None
    return at if is_plausible(at) else None


def _values(row: _Row) -> dict[str, float]:
    values = {}
    for column, (metric, unit) in _METRICS.items():
        cell = row.cell(column)
        if not cell or (column == "ALTITUDE" and _fix(row) is None):
            continue
        number = _NUMBER.fullmatch(cell)
        if number is None or number[2] != unit:
            row.cannot(column)
        else:
            values[metric] = float(number[1].replace(",", "."))
    return values


def _codes(row: _Row) -> tuple[str, ...] | None:
    """The codes that the row names, none where it says that there is none, None if neither."""
    said: list[tuple[str, ...]] = []
    for column in _CODES:
        if not row.cell(column):
            continue
        match read_codes(row.cell(column)):
            case UnreadableCode():
                row.cannot(column)
            case TroubleCodes(codes=codes) if codes is not None:
                said.append(codes)
    return tuple(dict.fromkeys(code for codes in said for code in codes)) if said else None


def _fix(row: _Row) -> tuple[str, str] | None:
    """What the row says of its place; a phone that does not know it writes zeros."""
    place = row.cell("LATITUDE"), row.cell("LONGITUDE")
    return None if place in (_NO_FIX, ("", "")) else place


def _position(row: _Row, about: list[float]) -> tuple[float, float] | None:
    """Where the car is; what stands there whole says `about` where the damaged ones are, too."""
    place = _fix(row)
    if place is None:
        return None
    values = []
    for n, (column, largest) in enumerate(_PLACE):
        whole = decimal(place[n], largest=largest)
        value = coordinate(place[n], about[n], largest=largest) if whole is None else whole
        if whole is not None:
            about[n] = whole
        if value is None:
            row.cannot(column)
        else:
            values.append(value)
    return (values[0], values[1]) if len(values) == len(_PLACE) else None
