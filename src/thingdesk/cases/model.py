"""A case: its states, its outcome and what may follow on what. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID


class State(StrEnum):
    """`open` while its journey works, `verifying` while its subject is to prove recovery."""

    OPEN = "open"
    VERIFYING = "verifying"
    ENDED = "ended"


class Outcome(StrEnum):
    """How a case ended."""

    VERIFIED = "verified"
    FULFILLED = "fulfilled"
    UNVERIFIED = "unverified"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Move(StrEnum):
    """What can happen to a case."""

    BEGIN_VERIFYING = "begin_verifying"
    RESUME_WORK = "resume_work"
    END = "end"
    REOPEN = "reopen"


_NEXT: dict[tuple[State, Move], State] = {
    (State.OPEN, Move.BEGIN_VERIFYING): State.VERIFYING,
    (State.VERIFYING, Move.BEGIN_VERIFYING): State.VERIFYING,
    (State.VERIFYING, Move.RESUME_WORK): State.OPEN,
    (State.OPEN, Move.END): State.ENDED,
    (State.VERIFYING, Move.END): State.ENDED,
    (State.ENDED, Move.REOPEN): State.OPEN,
}


class ImpossibleMove(ValueError):
    """A case in this state cannot do that."""


def after(state: State, move: Move) -> State:
    """The state that follows."""
    following = _NEXT.get((state, move))
    if following is None:
        raise ImpossibleMove(f"a case that is {state} cannot {move.replace('_', ' ')}")
    return following


@dataclass(frozen=True, slots=True)
class Opening:
    """What is to become a case, or join the one that is open for the same problem.

    With a `zone` its promises count business hours there; without one every hour of every day.
    `owned_since` is the beginning of the ownership of now. `mandate_id` is what it was asked for
    under; None: the owner's standing mandate. `said` is what the reporter said beside the input,
    `hops` through how many hands it went before.
    """

    subject: str
    key: str
    identity: dict[str, Any]
    service: str
    version: str
    title: str
    input: dict[str, Any]
    owner_id: UUID | None
    origin: str
    reporter: str
    event_id: str
    at: datetime
    promises: dict[str, timedelta]
    zone: str | None = None
    safety: bool = False
    evidence: dict[str, Any] | None = None
    owned_since: datetime | None = None
    mandate_id: UUID | None = None
    said: Mapping[str, Any] | None = None
    hops: int = 0


@dataclass(frozen=True, slots=True)
class Said:
    """What a reporter said beside the input."""

    by: str
    what: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Opened:
    """What became of an opening: `new` and `reopened` cases need a journey, joined ones have it.

    `former` is the open case of an owner who had the subject before: it is to be withdrawn.
    `refused` is how the case ended a moment ago, which answers this report, too. `on_its_own`: it
    was open under a mandate, and rests on the standing one from now on.
    """

    case_id: UUID
    new: bool
    reopened: bool
    former: UUID | None = None
    refused: dict[str, Any] | None = None
    on_its_own: bool = False

    @property
    def joined(self) -> bool:
        """Whether the case was there already."""
        return not (self.new or self.reopened)


@dataclass(frozen=True, slots=True)
class Known:
    """A problem as it stands: its current case, or the one that ended last, and how many cases of
    its subject are open, or were reported and refused a moment ago, those for safety apart.
    """

    case_id: UUID | None = None
    open: int = 0
    safety: int = 0


@dataclass(frozen=True, slots=True)
class Case:
    """One matter of one subject and its owner, from report to outcome."""

    id: UUID
    subject: str
    key: str
    owner_id: UUID | None
    service: str
    version: str
    title: str
    input: dict[str, Any]
    origin: str
    reporter: str
    safety: bool
    state: State
    outcome: Outcome | None
    outcome_data: dict[str, Any] | None
    outcome_words: str | None
    evidence: dict[str, Any] | None
    reports: int
    reopened: int
    opened_at: datetime
    began_at: datetime | None
    ended_at: datetime | None
    relapse_until: datetime | None


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases to find: all conditions hold. A page goes on `after` the last (opened, id).

    `words` are looked for in title, subject, reporter and input.
    """

    state: State | None = None
    outcome: Outcome | None = None
    service: str | None = None
    subject: str | None = None
    owner_id: UUID | None = None
    words: str | None = None
    after: tuple[datetime, UUID] | None = None
    most: int = 50


@dataclass(frozen=True, slots=True)
class OwnedCases:
    """Which of an owner's cases to find: all that have `ended`, for they stay theirs; or those
    under way, of machines that are named with the beginning of their present ownership, opened
    since then. A page goes on `after` the last (time, id), where the time is that of the end, else
    of the opening.
    """

    owner_id: UUID
    since: Mapping[str, datetime]
    ended: bool
    after: tuple[datetime, UUID] | None = None
    most: int = 20


@dataclass(frozen=True, slots=True)
class Party:
    """Which cases a machine may see: those that it is the subject of, or reported; under a mandate
    those of its `services`, and no others. All are of `owner_id`, and of machines that are named
    with the beginning of their present ownership, opened since then; without an owner those of the
    machine itself while nobody owned it.
    """

    machine: str
    owner_id: UUID | None
    since: Mapping[str, datetime]
    services: tuple[str, ...] | None = None

    def sees(self, case: Case, *, joined: bool) -> bool:
        """Whether it may see this one, which it has `joined` by a report of its own, or not."""
        if case.owner_id != self.owner_id:
            return False
        if self.owner_id is None:
            return case.subject == self.machine
        begins = self.since.get(case.subject)
        if self.services is not None:
            named = case.service in self.services
        else:
            named = joined or self.machine in (case.subject, case.reporter)
        return begins is not None and begins <= case.opened_at and named


@dataclass(frozen=True, slots=True)
class PartyCases:
    """A page of them, the newest first; it goes on `after` the last (opened, id)."""

    party: Party
    state: State | None = None
    subject: str | None = None
    after: tuple[datetime, UUID] | None = None
    most: int = 50


@dataclass(frozen=True, slots=True)
class Standing:
    """How many cases are under way, and how those ended that ended lately.

    `verified` are the ids of verified ones, the newest, as many as were asked for.
    """

    open: int
    verifying: int
    ended: Mapping[Outcome, int]
    verified: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A request for a service for `subject`, made by `reporter`, under a mandate that it was given
    or by its own key. What it `said` beside the input is kept, and nothing goes by it. `hops`:
    through how many hands it went before.
    """

    reporter: str
    event_id: str
    hash: bytes
    at: datetime | None
    service: str
    input: Mapping[str, Any]
    subject: str
    mandate_id: UUID | None = None
    said: Mapping[str, Any] | None = None
    hops: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a report came to: a case, with its outcome where it was refused a moment ago; or at
    once the outcome of an instant service. `given_at` says of a former answer when that was;
    `owner_id` for whom, as the desk knew it then; `hops` through how many hands the requests for
    the case had gone, at most.
    """

    case_id: UUID | None
    outcome: dict[str, Any] | None
    given_at: datetime | None = field(default=None, compare=False)
    hops: int = 0
    owner_id: UUID | None = field(default=None, compare=False)

    def is_of(self, owner_id: UUID | None) -> bool:
        """Whether it may be theirs. What was answered at once for nobody says nothing of it."""
        return self.owner_id == owner_id or not (self.owner_id or self.case_id)
