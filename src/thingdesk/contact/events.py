"""What happens to holds. Each docstring is the event's reference. How the owner is reached, and
what the machine said it is about, is in none of them.
"""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from thingdesk.timeline import Event


@dataclass(frozen=True, slots=True)
class HoldAsked(Event):
    """A machine asked for a person on its owner's behalf, and has a place in the queue; `again`
    where nobody had come before, and it is at the end of the queue now. On the stream of its case,
    or else of the owner, as all that happens to it.
    """

    kind: ClassVar[str] = "hold.asked"
    hold: UUID
    machine: str
    subject: str
    safety: bool
    again: bool


@dataclass(frozen=True, slots=True)
class HoldTaken(Event):
    """One of the staff is ready, and waits for the owner."""

    kind: ClassVar[str] = "hold.taken"
    hold: UUID
    by: UUID


@dataclass(frozen=True, slots=True)
class HoldHandedOver(Event):
    """The owner is there, and talks to a person: `by` is the machine that says so, or one of the
    staff, like `staff:UUID`.
    """

    kind: ClassVar[str] = "hold.handed_over"
    hold: UUID
    by: str


@dataclass(frozen=True, slots=True)
class HoldMissed(Event):
    """A person was ready, and the owner was not there. `front`: it waits again, at the front; else
    a call back is proposed. `by` is one of the staff, None where the time was over.
    """

    kind: ClassVar[str] = "hold.missed"
    hold: UUID
    front: bool
    by: UUID | None


@dataclass(frozen=True, slots=True)
class HoldBooked(Event):
    """Staff call back at a time that was free, in ISO 8601."""

    kind: ClassVar[str] = "hold.booked"
    hold: UUID
    at: str


@dataclass(frozen=True, slots=True)
class HoldEnded(Event):
    """What came of it, in words of staff, which can be erased; `by` is None where it ended because
    nobody came and no other time was chosen.
    """

    kind: ClassVar[str] = "hold.ended"
    hold: UUID
    words: str
    by: UUID | None


@dataclass(frozen=True, slots=True)
class HoldWithdrawn(Event):
    """No person is wanted any more, for `reason`."""

    kind: ClassVar[str] = "hold.withdrawn"
    hold: UUID
    reason: str
