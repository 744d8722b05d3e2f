"""CloudEvents 1.0 in structured JSON, one event or a batch (an array), read with bounds.

A payload that is no JSON is refused as a whole; in a batch each event stands for itself.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from thingdesk.platform import formats
from thingdesk.platform.canonical import EXACT, canonical, number, sorted_json
from thingdesk.platform.errors import FieldError, Recovery, Refusal, Refused, refuse

MOST_BYTES = 256 * 1024
MOST_EVENTS = 1000
MOST_DEPTH = 16
_TOO_DEEP = (f"is nested deeper than {MOST_DEPTH}", "send it flatter")
_ID = re.compile(r"[!-~]{1,128}")
_LONG = re.compile(rb"[0-9]{16,}")
# one pass over all of it is a quarter of what a search takes
_AS_ZEROS, _LONG_ZEROS = bytes.maketrans(b"123456789", b"0" * 9), b"0" * 16
_POINT = ord(".")
_LONGEST = len("-100000000000000000000")
# control characters but for tab and line ends: PostgreSQL stores no NUL, and nobody reads the rest
_UNPRINTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
# how any of them begins in JSON as orjson spells it, and little else
_SUSPECT = re.compile(rb"\\[bfu]|\x7f|\xc2[\x80-\x9f]")
_SUSPICIOUS = b"\\\x7f\xc2"
_TYPE = re.compile(r"[a-z][a-z.]{0,63}")


class Envelope(NamedTuple):
    """One event. `time` is None when the sender gave none; `hash` is the digest of all of it,
    `attributes` is all of it, for those who read extension attributes.
    """

    id: str
    type: str
    time: datetime | None
    data: Mapping[str, Any]
    hash: str
    attributes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An event of a batch that is none; `id` is None when not even that can be read."""

    id: str | None
    refusal: Refusal


def read(payload: bytes) -> list[Envelope | Unreadable]:
    """The events of a payload, in order; raises Refused when the payload is none at all."""
    if len(payload) > MOST_BYTES:
        raise refuse(
            "too_large", f"{len(payload)} bytes; send {MOST_BYTES} at most, in several messages"
        )
    try:
        content = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        # orjson takes neither NaN nor Infinity, and stops at a depth of 1024 by itself
        raise refuse(
            "broken_json",
            f"the payload is no JSON: {str(error)[:120]}. Send one event, or an array of events; "
            "numbers must be finite",
        ) from None
    if _has_long_integers(payload):
        content = _with_long_integers(payload)
    events = content if isinstance(content, list) else [content]
    if not 1 <= len(events) <= MOST_EVENTS:
        raise refuse("batch_size", f"{len(events)} events; send 1 to {MOST_EVENTS} in a batch")
    return [_read_one(event) for event in events]


def canonical_hash(event: Mapping[str, Any]) -> str:
    """The hex digest of an event, which its machine computes too: SHA-256 over it as RFC 8785."""
    return sha256(canonical(event)).hexdigest()


def read_id(data: Mapping[str, Any], name: str) -> UUID:
    """The id that an event's data have by this name. Raises Refused."""
    given = data.get(name)
    try:
        return UUID(given) if isinstance(given, str) else UUID("")
    except ValueError:
        mend = "send the id that you were given"
        raise unfit(f"data.{name}", "is no id", mend) from None


def unfit(path: str, problem: str, mend: str) -> Refused:
    """The refusal of an event for what stands at `path`, and how to mend it."""
    where = f"{path} {problem}" if path else f"the event {problem}"
    return refuse("bad_event", where, fields=(FieldError(path, problem, mend),))


def reused(event_id: str) -> Refusal:
    """The refusal of an event whose id was given to another one before."""
    return Refusal(
        "event_id_reused",
        f"event {event_id} was sent before with other content",
        Recovery.FIX_INPUT,
        (FieldError("id", "was used before", "give every event an id of its own"),),
    )


def make(
    event_id: str, source: str, kind: str, time: datetime, data: Mapping[str, Any]
) -> dict[str, Any]:
    """An event as it goes out."""
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": source,
        "type": kind,
        "time": time.astimezone(UTC).isoformat(),
        "datacontenttype": "application/json",
        "data": data,
    }


def _read_one(event: object) -> Envelope | Unreadable:
    if not isinstance(event, dict):
        return Unreadable(None, unfit("", "is no object", "send CloudEvents 1.0 in JSON").refusal)
    given = event.get("id")
    event_id = given if isinstance(given, str) and _ID.fullmatch(given) else None
    try:
        return _envelope(event, event_id)
    except Refused as refused:
        return Unreadable(event_id, refused.refusal)


def _envelope(event: dict[str, Any], event_id: str | None) -> Envelope:
    if event_id is None:
        raise unfit("id", "is missing or unfit", "send 1 to 128 printable ASCII characters")
    if event.get("specversion") != "1.0":
        raise unfit("specversion", "is not 1.0", 'send "specversion": "1.0"')
    kind = event.get("type")
    if not isinstance(kind, str) or not _TYPE.fullmatch(kind):
        raise unfit("type", "is missing or unfit", "send a type such as thingdesk.signal")
    data = event.get("data")
    if not isinstance(data, dict):
        raise unfit("data", "is missing or no object", "put what you say into data")
    text = _checked(event)
    digest = sha256(canonical(event, text)).hexdigest()
    return Envelope(event_id, kind, _time(event.get("time")), data, digest, event)


def _time(text: object) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        mend = "send RFC 3339 with a zone, such as 2026-11-21T20:00:00Z"
        raise unfit("time", "is no time with a zone", mend)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise unfit("time", "is out of range", "send the present time") from None


class _TooLong:
    """Stands where an integer was that no double holds as it was written."""


def _integer(text: str) -> int | float | _TooLong:
    """Beyond 53 bits what is a double or, as ECMAScript writes such, one with zeros at its end."""
    if len(text) > _LONGEST:
        return _TooLong()
    value = int(text)
    if value in EXACT:
        return value
    read = float(value)
    return read if read == value or number(read) == text else _TooLong()


def _has_long_integers(payload: bytes) -> bool:
    """Whether it may have; what comes after a point is none."""
    return _LONG_ZEROS in payload.translate(_AS_ZEROS) and any(
        payload[one.start() - 1] != _POINT for one in _LONG.finditer(payload)
    )


def _with_long_integers(payload: bytes) -> Any:
    """Read again, because orjson keeps integers of 64 bits, of which RFC 8785 knows 53, and makes
    other numbers of longer ones.
    """
    try:
        return json.loads(payload, parse_int=_integer)
    except RecursionError:
        raise unfit("", *_TOO_DEEP) from None


def _checked(event: Mapping[str, Any]) -> bytes:
    """The event as sorted JSON. Hardly any needs more than a look at its text."""
    try:
        text = sorted_json(event)
    except orjson.JSONEncodeError:
        _check(event)
        raise
    brackets = text.count(b"{") + text.count(b"[")
    suspicious = len(text.translate(None, _SUSPICIOUS)) < len(text)
    if brackets > MOST_DEPTH or (suspicious and _SUSPECT.search(text)):
        _check(event)
    return text


def _check(event: Mapping[str, Any]) -> None:
    """That all of it can be stored and hashed. A stack and no recursion: depth may be wrong too."""
    left: list[tuple[Any, str, int]] = [(event, "", 0)]
    while left:
        one, path, depth = left.pop()
        if isinstance(one, str):
            if _UNPRINTED.search(one):
                raise unfit(path, "has control characters", "leave them out")
        elif isinstance(one, _TooLong):
            raise unfit(path, "is an integer of more than 53 bits", "send it as text")
        elif isinstance(one, dict | list):
            if depth > MOST_DEPTH:
                raise unfit("data", *_TOO_DEEP)
            left.extend(_inside(one, path, depth + 1))


def _inside(
    one: dict[str, Any] | list[Any], path: str, depth: int
) -> Iterable[tuple[Any, str, int]]:
    if isinstance(one, list):
        return ((inner, path, depth) for inner in one)
    return (
        pair
        for name, inner in one.items()
        for pair in ((name, path or "the event", depth), (inner, _below(path, name), depth))
    )


def _below(path: str, name: str) -> str:
    said = formats.field(name)
    return f"{path}.{said}" if path else said
