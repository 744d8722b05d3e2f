"""A command to a machine and what may become of it. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from thingdesk.platform.backoff import Backoff
from thingdesk.platform.errors import FieldError

# The first pause, of which the spread may take half, is also the time that a claimer has.
BACKOFF = Backoff(timedelta(seconds=10), timedelta(minutes=10))
_NAME = re.compile(r"[a-z][a-z0-9_.-]{0,63}")
_BOUNDS = frozenset({"min", "max", "equals"})


class CommandState(StrEnum):
    """`waiting` for the machine. Its time being over, a command that was put out is `unanswered`:
    the machine may have done it. One that never was, is `undelivered`. All others are results.
    """

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    EXPIRED = "expired"
    RECALLED = "recalled"
    UNDELIVERED = "undelivered"
    UNANSWERED = "unanswered"


RESULTS = frozenset(CommandState) - {
    CommandState.WAITING,
    CommandState.UNDELIVERED,
    CommandState.UNANSWERED,
}


@dataclass(frozen=True, slots=True)
class Command:
    """What a machine is to do. `effect_id` becomes the id of the command.

    After `expires` the machine does nothing. `preconditions` must hold on the machine when it
    begins: `{"speed": {"max": 0}}`, with `min`, `max` and `equals`.
    """

    effect_id: UUID
    run_id: UUID
    case_id: UUID
    machine: str
    name: str
    expires: datetime
    arguments: Mapping[str, Any] = field(default_factory=dict)
    preconditions: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SentCommand:
    """A command and what became of it. `attempts` counts how often it was put out; `recalled_at` is
    when it was taken back after that.
    """

    command: Command
    state: CommandState
    attempts: int
    sent_at: datetime
    detail: Mapping[str, Any] | None = None
    settled_at: datetime | None = None
    recalled_at: datetime | None = None
    recall_reason: str | None = None

    @property
    def id(self) -> UUID:
        return self.command.effect_id


class Settled(StrEnum):
    """What a result does: end the command, in time or late; repeat what is known, or differ."""

    NOW = "now"
    REPEATED = "repeated"
    LATE = "late"
    OTHER = "other"


def settle(state: CommandState, result: CommandState) -> Settled:
    """What `result` does to a command that is in `state`; the first result counts."""
    if state is CommandState.WAITING:
        return Settled.NOW
    if state not in RESULTS:
        return Settled.LATE
    return Settled.REPEATED if state is result else Settled.OTHER


def key(command_id: UUID) -> str:
    """The key of the message that a journey waits for."""
    return f"command:{command_id}"


def message(
    sent: SentCommand, state: CommandState, detail: Mapping[str, Any]
) -> tuple[str, dict[str, Any]]:
    """What the journey hears, by its key."""
    value = {"command": str(sent.id), "status": state.value, "detail": dict(detail)}
    return key(sent.id), value


def problems(command: Command) -> Iterator[FieldError]:
    """What is wrong with a command beyond the size of its parts."""
    if not _NAME.fullmatch(command.name):
        yield FieldError("name", "is no name", "use a to z, 0 to 9, and _ . - within")
    if command.expires.tzinfo is None:
        yield FieldError("expires", "has no zone", "use an aware time")
    for name, bounds in command.preconditions.items():
        if not isinstance(bounds, Mapping) or not bounds or set(bounds) - _BOUNDS:
            yield FieldError(f"preconditions.{name}", "is no condition", "use min, max and equals")
        elif not all(_bound(kind, value) for kind, value in bounds.items()):
            mend = "min and max take a number, equals a number, a text or a truth value"
            yield FieldError(f"preconditions.{name}", "can never hold", mend)


def _bound(kind: str, value: object) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number or (kind == "equals" and isinstance(value, str | bool))
