"""What happens to a case. Each docstring is the event's reference."""

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from thingdesk.timeline import Event


@dataclass(frozen=True, slots=True)
class CaseOpened(Event):
    """A case was opened for a problem that had none open."""

    kind: ClassVar[str] = "case.opened"
    subject: str
    service: str
    version: str
    origin: str
    reporter: str
    event: str
    input: dict[str, Any]
    evidence: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class ReportJoined(Event):
    """The same problem was reported again; the report joined the open case, as its `number`th.
    After a hundred this is told whenever their number has doubled.
    """

    kind: ClassVar[str] = "case.joined"
    origin: str
    reporter: str
    event: str
    number: int


@dataclass(frozen=True, slots=True)
class CaseOnItsOwn(Event):
    """The machine itself found or reported what was asked for under `mandate`: from now on the
    standing mandate of its owner counts for what is not done yet. Without one all stays as it was.
    """

    kind: ClassVar[str] = "case.on_its_own"
    mandate: UUID


@dataclass(frozen=True, slots=True)
class CaseReopened(Event):
    """The problem came back within the service's relapse window."""

    kind: ClassVar[str] = "case.reopened"
    origin: str
    reporter: str
    event: str
    outcome_before: str
    evidence: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class VerificationBegun(Event):
    """The work is said to be done; what the subject observes after `since` counts."""

    kind: ClassVar[str] = "verification.begun"
    verification: str
    since: str
    criterion: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RecoveryProven(Event):
    """The subject's own signals met the criterion: from when to when by its own time and by their
    receipt, and how many of them had no time of their own that is trusted.
    """

    kind: ClassVar[str] = "verification.proven"
    verification: str
    progress: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RecoveryNotProven(Event):
    """The time for the proof was over, and the subject's signals had not met the criterion."""

    kind: ClassVar[str] = "verification.not_proven"
    verification: str
    progress: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CaseEnded(Event):
    """The case ended; `words` are for the owner, `data` for the machine."""

    kind: ClassVar[str] = "case.ended"
    outcome: str
    words: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PromiseKept(Event):
    """What was promised happened in time."""

    kind: ClassVar[str] = "promise.kept"
    promise: str
    due: str


@dataclass(frozen=True, slots=True)
class PromiseBroken(Event):
    """A promise's time was over before what was promised happened."""

    kind: ClassVar[str] = "promise.broken"
    promise: str
    due: str


@dataclass(frozen=True, slots=True)
class PromisePaused(Event):
    """The clock of a promise stands still, for a reason."""

    kind: ClassVar[str] = "promise.paused"
    reason: str


@dataclass(frozen=True, slots=True)
class PromiseResumed(Event):
    """The clock of a promise runs again."""

    kind: ClassVar[str] = "promise.resumed"
    reason: str
