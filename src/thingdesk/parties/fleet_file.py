"""Reading a fleet from a CSV or JSON-lines file, a line at a time, each for itself.

Columns (of JSON lines: keys): `id`, `kind`, `model`, `serial`, `key` (a JWK or its base64url x),
`expected_interval` (seconds), `owner_email`, `owner_name`, `owner_zone`, `owned_since` (ISO 8601
with zone), `lat`, `lon`, and `attributes.NAME` for anything else. Only `id` and `kind` are needed.
A value of a CSV file may be quoted, but has no line break: so a forgotten quote spoils one line.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from math import isfinite
from typing import Any, Protocol, TypeVar

import orjson

from thingdesk.parties import keys, validate
from thingdesk.parties.model import BadLine, NewMachine, NewOwner, Position
from thingdesk.platform import moments
from thingdesk.platform.errors import Refused, refuse

LONGEST_LINE = 64 * 1024
COLUMNS = frozenset(
    {
        "id",
        "kind",
        "model",
        "serial",
        "key",
        "expected_interval",
        "owner_email",
        "owner_name",
        "owner_zone",
        "owned_since",
        "lat",
        "lon",
    }
)
_ATTRIBUTES = "attributes"
Value = TypeVar("Value")
Line = tuple[int, NewMachine | BadLine]


class Form(StrEnum):
    """How the lines of a file are written."""

    CSV = "csv"
    JSON_LINES = "jsonl"


class Readable(Protocol):
    """A file that was opened to read bytes."""

    def readline(self, most: int, /) -> bytes: ...


def read_fleet(file: Readable, form: Form) -> Iterator[Line]:
    """Each line's number and machine, or what is wrong with it; empty lines are passed over.

    The file is read as it goes, a line at a time. Raises Refused when the first line of a CSV
    file does not name the columns.
    """
    lines = _lines(file)
    rows = _csv(lines) if form is Form.CSV else _json(lines)
    for number, row in rows:
        if isinstance(row, BadLine):
            yield number, row
            continue
        machine, wrong = _machine(row)
        yield number, BadLine(number, "; ".join(wrong)) if wrong else machine


def _lines(file: Readable) -> Iterator[tuple[int, str | BadLine]]:
    number = 0
    while raw := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(raw) > LONGEST_LINE and not raw.endswith(b"\n"):
            while (rest := file.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
                pass
            yield number, BadLine(number, f"it is longer than {LONGEST_LINE} bytes")
            continue
        try:
            text = raw.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            yield number, BadLine(number, f"it is not UTF-8: {error.reason} at {error.start}")
            continue
        if text.strip():
            yield number, text


def _json(
    lines: Iterable[tuple[int, str | BadLine]],
) -> Iterator[tuple[int, dict[str, Any] | BadLine]]:
    for number, line in lines:
        if isinstance(line, BadLine):
            yield number, line
            continue
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            yield number, BadLine(number, f"it is broken JSON: {error}")
            continue
        if isinstance(row, dict):
            yield number, row
        else:
            yield number, BadLine(number, "it is no JSON object")


def _csv(
    lines: Iterator[tuple[int, str | BadLine]],
) -> Iterator[tuple[int, dict[str, Any] | BadLine]]:
    header = _header(lines)
    for number, line in lines:
        try:
            values = _values(line)
        except ValueError as error:
            yield number, BadLine(number, str(error))
            continue
        if len(values) != len(header):
            problem = f"it has {len(values)} values for {len(header)} columns"
            yield number, BadLine(number, problem)
        else:
            named = zip(header, values, strict=True)
            yield number, {name: value for name, value in named if value}


def _header(lines: Iterator[tuple[int, str | BadLine]]) -> list[str]:
    _, first = next(lines, (1, ""))
    try:
        header = [name.strip() for name in _values(first)]
    except ValueError as error:
        raise refuse("fleet_header", f"the first line cannot be read: {error}") from error
    if len(header) == 1 and ";" in header[0]:
        said = "the first line has semicolons: separate the values by commas"
        raise refuse("fleet_header", said)
    unknown = [name for name in header if not _is_column(name)]
    missing = {"id", "kind"} - set(header)
    if unknown or missing or len(set(header)) != len(header):
        raise refuse(
            "fleet_header",
            "the first line must name each column once; "
            f"missing: {sorted(missing)}, unknown: {unknown}; known are {sorted(COLUMNS)} and "
            f"{_ATTRIBUTES}.NAME",
        )
    return header


def _values(line: str | BadLine) -> list[str]:
    if isinstance(line, BadLine):
        raise ValueError(line.reason)  # noqa: TRY004 - a bad value, not a programming error
    try:
        return next(csv.reader([line], strict=True))
    except csv.Error as error:
        raise ValueError(f"it is broken CSV: {error}") from error


def _is_column(name: str) -> bool:
    return name in COLUMNS or name.startswith(_ATTRIBUTES + ".")


def _machine(row: Mapping[str, Any]) -> tuple[NewMachine, list[str]]:
    """The machine of a row, and all that is wrong with it."""
    unread: dict[str, str] = {}

    def take(field: str, read: Callable[..., Value | None], *given: str) -> Value | None:
        try:
            return read(row, *given)
        except ValueError as error:
            unread[field] = str(error)
        except Refused as error:
            unread[field] = error.refusal.reason
        return None

    new = NewMachine(
        id=take("id", _text, "id") or "",
        kind=take("kind", _text, "kind") or "",
        model=take("model", _text, "model") or "",
        serial=take("serial", _text, "serial"),
        key=take("key", _key),
        expected_interval=take("expected_interval", _interval),
        owner=take("owner", _owner),
        owned_since=take("owned_since", _time, "owned_since"),
        position=take("position", _position),
        attributes=take("attributes", _attributes) or {},
    )
    unknown = [name for name in row if not _is_column(name) and name != _ATTRIBUTES]
    wrong = [f"unknown: {', '.join(sorted(unknown))}"] if unknown else []
    # what could not be read is empty, and of that nothing more is said
    unfit = [one for one in validate.machine(new) if one.path not in unread]
    wrong += [*unread.values(), *(f"{one.path} {one.problem}: {one.mend}" for one in unfit)]
    return new, wrong


def _key(row: Mapping[str, Any]) -> str | None:
    return keys.read_key(row["key"]) if row.get("key") else None


def _text(row: Mapping[str, Any], name: str) -> str | None:
    value = row.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value.strip()
    # a serial or an id that somebody's export wrote as a number
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise ValueError(f"{name} is no text")


def _number(row: Mapping[str, Any], name: str) -> float | None:
    value = row.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"{name} is no number")  # noqa: TRY004 - a bad value
    try:
        number = float(value)
    except (ValueError, OverflowError):
        number = float("nan")
    if not isfinite(number):
        raise ValueError(f"{name} is no number")
    return number


def _interval(row: Mapping[str, Any]) -> timedelta | None:
    seconds = _number(row, "expected_interval")
    try:
        return None if seconds is None else timedelta(seconds=seconds)
    except OverflowError as error:
        raise ValueError("expected_interval is out of range") from error


def _time(row: Mapping[str, Any], name: str) -> datetime | None:
    text = _text(row, name)
    try:
        return moments.read(text) if text else None
    except ValueError as error:
        raise ValueError(f"{name} {error}: {moments.MEND}") from error


def _owner(row: Mapping[str, Any]) -> NewOwner | None:
    email, name = _text(row, "owner_email"), _text(row, "owner_name")
    if email is None:
        if name is not None:
            raise ValueError("owner_email is missing: it tells one owner from another")
        return None
    return NewOwner(email.lower(), name or email, _text(row, "owner_zone") or "UTC")


def _position(row: Mapping[str, Any]) -> Position | None:
    lat, lon = _number(row, "lat"), _number(row, "lon")
    if lat is None and lon is None:
        return None
    if lat is None or lon is None:
        raise ValueError("lat and lon belong together")
    return Position(lat, lon)


def _attributes(row: Mapping[str, Any]) -> dict[str, Any]:
    nested = row.get(_ATTRIBUTES, {})
    if not isinstance(nested, dict):
        raise ValueError(f"{_ATTRIBUTES} is no object")  # noqa: TRY004 - a bad value
    prefix = _ATTRIBUTES + "."
    dotted = {name.removeprefix(prefix): row[name] for name in row if name.startswith(prefix)}
    return nested | dotted
