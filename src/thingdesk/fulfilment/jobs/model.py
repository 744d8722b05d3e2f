"""A job: what a provider is asked to do, and how it comes to be done. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from thingdesk.parties.model import Position
from thingdesk.platform.backoff import Backoff
from thingdesk.platform.errors import Recovery, Refusal
from thingdesk.platform.money import Money


class JobState(StrEnum):
    """Where a job stands. `declined`, `expired`, `done` and `cancelled` are ends."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    UNDER_WAY = "under_way"
    ARRIVED = "arrived"
    DONE = "done"
    CANCELLED = "cancelled"


# A provider that does not travel is never under way, and few say that they arrived.
AFTER: Mapping[JobState, frozenset[JobState]] = {
    JobState.OFFERED: frozenset(
        {JobState.ACCEPTED, JobState.DECLINED, JobState.EXPIRED, JobState.CANCELLED}
    ),
    JobState.ACCEPTED: frozenset(
        {JobState.UNDER_WAY, JobState.ARRIVED, JobState.DONE, JobState.CANCELLED}
    ),
    JobState.UNDER_WAY: frozenset({JobState.ARRIVED, JobState.DONE, JobState.CANCELLED}),
    JobState.ARRIVED: frozenset({JobState.DONE, JobState.CANCELLED}),
    JobState.DECLINED: frozenset(),
    JobState.EXPIRED: frozenset(),
    JobState.DONE: frozenset(),
    JobState.CANCELLED: frozenset(),
}
WORK = (JobState.UNDER_WAY, JobState.ARRIVED, JobState.DONE)
_ANSWERS = frozenset({JobState.ACCEPTED, JobState.DECLINED})
_WHY = {
    JobState.OFFERED: ("the offer is not accepted yet: accept it first", Recovery.FIX_INPUT),
    JobState.ACCEPTED: ("the offer was accepted", Recovery.CONTACT_US),
    JobState.DECLINED: ("the offer was declined and has been passed on", Recovery.CONTACT_US),
    JobState.EXPIRED: ("the offer ended without an answer", Recovery.CONTACT_US),
    JobState.UNDER_WAY: ("the provider is under way", Recovery.CONTACT_US),
    JobState.ARRIVED: ("the provider has arrived", Recovery.CONTACT_US),
    JobState.DONE: ("the job is done", Recovery.CONTACT_US),
    JobState.CANCELLED: ("the job was cancelled: there is nothing left to do", Recovery.CONTACT_US),
}


@dataclass(frozen=True, slots=True)
class JobOffer:
    """All that a provider needs to know to say yes or no, and to do the job.

    `task` is a short word such as `tow` or `repair`, `words` say what to do; `details` is plain
    JSON (who is there, what was found). `effect_id` becomes the id of the job. `appointment` is
    the id of the booking that the job is for; without one the job is for now. `amount` is what
    the provider is due when the job is done.
    """

    effect_id: UUID
    run_id: UUID
    case_id: UUID
    machine: str
    provider: UUID
    task: str
    words: str
    answer_by: datetime
    position: Position | None = None
    part: str | None = None
    appointment: UUID | None = None
    amount: Money | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a provider shows for a job that is done: words, and bounded plain JSON."""

    words: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Job:
    """An offer and what became of it; `reached` says when each state was reached."""

    offer: JobOffer
    state: JobState
    reached: Mapping[JobState, datetime]
    arrival: datetime | None = None
    reason: str | None = None
    evidence: Evidence | None = None

    @property
    def id(self) -> UUID:
        return self.offer.effect_id

    @property
    def due(self) -> Money | None:
        """What the provider is due: what was agreed, once the job is done."""
        return self.offer.amount if self.state is JobState.DONE else None


class Move(StrEnum):
    """What an answer does: move the job on, or nothing because it was given before."""

    ON = "on"
    REPEATED = "repeated"


def move(job: Job, to: JobState, at: datetime) -> Move | Refusal:
    """Whether `job` may go to the state `to`, and if not, why.

    An answer that was given before is repeated in peace, also when the job has gone on since.
    An offer ends at its deadline, whether or not anybody has looked since.
    """
    if to in job.reached:
        return Move.REPEATED
    if job.state is JobState.OFFERED and to in _ANSWERS and at >= job.offer.answer_by:
        return _refusal(JobState.EXPIRED)
    if to in AFTER[job.state]:
        return Move.ON
    return _refusal(job.state)


def _refusal(state: JobState) -> Refusal:
    reason, recovery = _WHY[state]
    return Refusal(f"job_{state.value}", reason, recovery)


def key(job_id: UUID, state: JobState) -> str:
    """The key of the message that a journey waits for: an `answer`, or a step of the work."""
    return f"job:{job_id}:{state.value if state in WORK else 'answer'}"


def keys(job: Job, to: JobState) -> tuple[str, ...]:
    """The keys that going to `to` answers: steps that were skipped are past as well."""
    if to not in WORK:
        return (key(job.id, to),)
    passed = WORK[: WORK.index(to) + 1]
    return tuple(key(job.id, one) for one in passed if one not in job.reached)


# The first pause, of which the spread may take half, is also the time that a claimer has.
BACKOFF = Backoff(timedelta(seconds=20), timedelta(minutes=10))
MOST_ATTEMPTS = 10


class DeliveryKind(StrEnum):
    """What a provider's own system is told."""

    OFFERED = "job.offered"
    CANCELLED = "job.cancelled"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message about a job that is due to a provider's own system.

    `id` stays the same for all attempts; a receiver drops repeats by it.
    """

    id: UUID
    kind: DeliveryKind
    attempts: int
    job: Job
    url: str
    secret: str
