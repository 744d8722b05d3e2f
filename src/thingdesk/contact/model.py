"""Holds: places in the queue for a person, and what is told of them. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

COMES_WITHIN = timedelta(minutes=5)
"""For so long whoever took a hold waits for the owner."""


class State(StrEnum):
    """`ready`: one of the staff has taken it, and waits for the owner. `missed`: nobody came,
    again: a call back is proposed. `booked`: staff call at a time that was chosen.
    """

    WAITING = "waiting"
    READY = "ready"
    TALKING = "talking"
    MISSED = "missed"
    BOOKED = "booked"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"

    @property
    def is_open(self) -> bool:
        return self not in (State.ENDED, State.WITHDRAWN)


WITH_STAFF = (State.READY, State.TALKING)
_MAY_BECOME = {
    State.WAITING: {State.READY, State.BOOKED, State.WITHDRAWN},
    State.READY: {State.TALKING, State.WAITING, State.MISSED, State.BOOKED, State.ENDED}
    | {State.WITHDRAWN},
    State.TALKING: {State.ENDED, State.MISSED, State.WAITING},
    State.MISSED: {State.WAITING, State.READY, State.BOOKED, State.ENDED, State.WITHDRAWN},
    State.BOOKED: {State.BOOKED, State.READY, State.WITHDRAWN},
}


@dataclass(frozen=True, slots=True)
class Hold:
    """A person is wanted for an owner. `machine` asked, `subject` is what it is about; `about` are
    the machine's own words, and `reach` a telephone number or an https address, None once it has
    ended.

    `since` is when the present state began, `queued_at` when it came into the queue. `told_place`
    and `told_by` are what its machine was told at `told_at`: its place, and when a person is there.
    `mandate_id` is the mandate with which it ends, None where it was asked for by a machine's own
    key.
    """

    id: UUID
    machine: str
    subject: str
    owner_id: UUID
    case_id: UUID | None
    topic: str
    about: str
    language: str
    reach: str | None
    safety: bool
    state: State
    asked_at: datetime
    queued_at: datetime
    since: datetime
    misses: int = 0
    told_place: int | None = None
    told_by: datetime | None = None
    told_at: datetime | None = None
    call_back_at: datetime | None = None
    staff_id: UUID | None = None
    taken_at: datetime | None = None
    ended_at: datetime | None = None
    words: str | None = None
    mandate_id: UUID | None = None

    @property
    def stream(self) -> str:
        """The timeline's stream that its events go to."""
        return f"case:{self.case_id}" if self.case_id else f"owner:{self.owner_id}"

    @property
    def over(self) -> bool:
        return self.ended_at is not None

    @property
    def comes_until(self) -> datetime | None:
        """Until when whoever took it waits for the owner."""
        return self.since + COMES_WITHIN if self.state is State.READY else None

    @property
    def rank(self) -> tuple[bool, bool, datetime, UUID]:
        """The order of the queue: safety first, then whom we missed, then as they came."""
        return (not self.safety, not self.misses, self.queued_at, self.id)

    def may_become(self, state: State) -> bool:
        return state in _MAY_BECOME.get(self.state, set())

    def queued(self, now: datetime) -> "Hold":
        """At the end of the queue."""
        return replace(
            self, state=State.WAITING, since=now, queued_at=now, misses=0, call_back_at=None
        )

    def taken(self, staff_id: UUID, now: datetime) -> "Hold":
        return replace(self, state=State.READY, since=now, staff_id=staff_id, taken_at=now)

    def talking(self, now: datetime) -> "Hold":
        return replace(self, state=State.TALKING, since=now)

    def missed(self, now: datetime) -> "Hold":
        """Nobody came: the first time it goes back to its place, at the front; after that, and
        where they were called back, another time is proposed.
        """
        again = not self.misses and self.call_back_at is None
        state = State.WAITING if again else State.MISSED
        return replace(self, state=state, since=now, misses=self.misses + 1, staff_id=None)

    def booked(self, at: datetime, now: datetime) -> "Hold":
        return replace(self, state=State.BOOKED, since=now, call_back_at=at, staff_id=None)

    def ended(self, state: State, now: datetime, words: str | None) -> "Hold":
        """How the owner is reached is not kept any longer than it is needed."""
        return replace(self, state=state, since=now, ended_at=now, words=words, reach=None)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A person is asked for: `about` in words that were read with bounds."""

    machine: str
    subject: str
    owner_id: UUID
    about: str
    reach: str
    language: str = "en"
    case_id: UUID | None = None
    mandate_id: UUID | None = None

    @property
    def topic(self) -> str:
        """What makes two requests of an owner one: their case, else what they are about."""
        if self.case_id:
            return f"case:{self.case_id}"
        return f"about:{sha256(' '.join(self.about.casefold().split()).encode()).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Place:
    """How a hold stands, as its machine is told. `wait` is None where nothing is known yet;
    `until` is when whoever is ready waits no longer; `times` are free for a call back.
    """

    hold: UUID
    state: State
    words: str
    place: int | None = None
    wait: timedelta | None = None
    until: datetime | None = None
    call_back: datetime | None = None
    times: tuple[datetime, ...] = ()
