from dataclasses import dataclass
from typing import Any, Literal

Recovery = Literal["retry", "fix_input", "ask_owner", "contact_us"]


class MachineError(Exception):
    """What this library raises on purpose; the message says what to do."""


class NotSendable(MachineError, ValueError):
    """The content breaks a limit of the wire format: nothing was queued."""


class DifferentContent(MachineError, ValueError):
    """The event id was used before, with other content: nothing was queued."""


class QueueFull(MachineError):
    """The queue on disk holds as many events as it may: nothing was queued."""


class QueueInUse(MachineError):
    """Another process, or another Machine of this one, has the queue open."""


class QueueUnreadable(MachineError):
    """The file is no queue of this library, or belongs to another machine."""


class Dropped(MachineError):
    """The event made room for newer ones, as `drop="oldest"` allows, before it was receipted."""


class Closed(MachineError):
    """The Machine was closed; a queued event is still on disk and is sent the next time."""


@dataclass(frozen=True)
class FieldProblem:
    path: str
    problem: str
    mend: str


@dataclass(frozen=True)
class Refusal:
    """The desk's no, as a value."""

    code: str
    reason: str
    recovery: Recovery
    fields: tuple[FieldProblem, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "reason": self.reason,
            "recovery": self.recovery,
            "fields": [vars(field) for field in self.fields],
        }


class Refused(MachineError):
    """The desk refused an event for good; `recovery` says who can mend it."""

    def __init__(self, event: str, refusal: Refusal) -> None:
        super().__init__(f"{refusal.code}: {refusal.reason} (recovery: {refusal.recovery})")
        self.event = event
        self.refusal = refusal
        self.code = refusal.code
        self.reason = refusal.reason
        self.recovery = refusal.recovery
        self.fields = refusal.fields


class CommandRefused(Exception):
    """Raised by a command's handler to answer it with `refused` and a reason."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Offline(MachineError):
    """Nothing could be sent; `after` is how long the other side asks to wait, in seconds."""

    def __init__(self, reason: str, after: float = 0.0) -> None:
        super().__init__(reason)
        self.after = after


class Rejected(MachineError):
    """The desk refused a message as a whole, without naming an event of it."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal
