"""What comes down: messages of the desk, read into values."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

from thingdesk_machine.errors import FieldProblem, Recovery, Refusal

MAX_ID = 120
"""Ids of notices and commands become part of an event id of ours, which has 128 characters."""


@dataclass(frozen=True)
class SignedReceipt:
    signed: str


@dataclass(frozen=True)
class EventRefusal:
    event: str | None
    refusal: Refusal


@dataclass(frozen=True)
class NoticeBody:
    id: str
    body: dict[str, Any]


@dataclass(frozen=True)
class CommandBody:
    id: str
    body: dict[str, Any]


@dataclass(frozen=True)
class RecallBody:
    id: str


@dataclass(frozen=True)
class Unreadable:
    reason: str


Down = SignedReceipt | EventRefusal | NoticeBody | CommandBody | RecallBody | Unreadable


def read(payload: bytes) -> list[Down]:
    """The events of one message; what cannot be read is named and does not hide the rest."""
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError) as error:
        return [Unreadable(f"no JSON: {error}")]
    return [_event(item) for item in (value if isinstance(value, list) else [value])]


def signed_time(payload: bytes) -> str | None:
    """The desk's word for the time in a message that holds nothing else."""
    try:
        event = json.loads(payload)
        return (
            _text(event["data"]["time"], limit=None) if event["type"] == "thingdesk.time" else None
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _event(event: Any) -> Down:
    try:
        kind, data = event["type"], event["data"]
        if isinstance(hops := event.get("hops"), int):
            data = {**data, "hops": hops}
        read = _KINDS.get(kind)
        return Unreadable(f"type {kind!r} is not known") if read is None else read(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return Unreadable(f"{type(error).__name__}: {error}")


def _refused(data: dict[str, Any]) -> EventRefusal:
    named = data.get("event")
    return EventRefusal(None if named is None else str(named), refusal(data))


_KINDS: dict[str, Callable[[dict[str, Any]], Down]] = {
    "thingdesk.receipt": lambda data: SignedReceipt(_text(data["receipt"], limit=None)),
    "thingdesk.refusal": _refused,
    "thingdesk.notice": lambda data: NoticeBody(_text(data["notice"]), data),
    "thingdesk.command": lambda data: CommandBody(_text(data["command"]), data),
    "thingdesk.recall": lambda data: RecallBody(_text(data["command"])),
}


def refusal(data: dict[str, Any]) -> Refusal:
    """A refusal from a message or a problem document; what it lacks is said to be lacking."""
    recovery = data.get("recovery")
    known: tuple[Recovery, ...] = get_args(Recovery)
    fields = data.get("fields") or ()
    return Refusal(
        str(data.get("code", "unknown")),
        str(data.get("reason") or data.get("detail") or data.get("title") or "no reason given"),
        next((choice for choice in known if choice == recovery), "contact_us"),
        tuple(
            FieldProblem(
                str(field.get("path", "")),
                str(field.get("problem", "")),
                str(field.get("mend", "")),
            )
            for field in fields
        ),
    )


def _text(value: Any, limit: int | None = MAX_ID) -> str:
    if not isinstance(value, str) or not value or (limit is not None and len(value) > limit):
        raise ValueError("an id or a receipt is missing or too long")
    if not (value.isascii() and value.isprintable()):
        raise ValueError("an id or a receipt is not printable ASCII")
    return value


def moment(value: Any) -> datetime:
    """A time of the wire. Raises ValueError when it is none or has no zone."""
    if not isinstance(value, str):
        raise ValueError("a time is missing")  # noqa: TRY004 - one error for what cannot be read
    at = datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise ValueError("a time has no zone")
    return at
