"""What fulfilment writes on the timeline, all of it on the stream of the case."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from thingdesk.platform.database import Transaction
from thingdesk.timeline import Event, append


def tell_case(tx: Transaction, case_id: UUID, event: Event) -> None:
    append(tx, f"case:{case_id}", event)


@dataclass(frozen=True, slots=True)
class JobOffered(Event):
    """A provider was offered a job, to be answered by `answer_by`.

    `amount` (minor units of `currency`) is what the provider is due when it is done.
    """

    kind: ClassVar[str] = "job.offered"
    job: UUID
    provider: UUID
    task: str
    answer_by: datetime
    amount: int | None
    currency: str | None


@dataclass(frozen=True, slots=True)
class JobAccepted(Event):
    """The provider took the job."""

    kind: ClassVar[str] = "job.accepted"
    job: UUID
    provider: UUID


@dataclass(frozen=True, slots=True)
class JobDeclined(Event):
    """The provider said no, with its own words for why."""

    kind: ClassVar[str] = "job.declined"
    job: UUID
    provider: UUID
    reason: str


@dataclass(frozen=True, slots=True)
class JobExpired(Event):
    """The deadline passed without an answer of the provider."""

    kind: ClassVar[str] = "job.expired"
    job: UUID
    provider: UUID


@dataclass(frozen=True, slots=True)
class JobUnderWay(Event):
    """The provider is on its way and expects to be there at `arrival`.

    Said again with another `arrival`, it is a new estimate.
    """

    kind: ClassVar[str] = "job.under_way"
    job: UUID
    provider: UUID
    arrival: datetime


@dataclass(frozen=True, slots=True)
class JobArrived(Event):
    """The provider is where the machine is."""

    kind: ClassVar[str] = "job.arrived"
    job: UUID
    provider: UUID


@dataclass(frozen=True, slots=True)
class JobDone(Event):
    """The provider says that the work is done, and shows evidence; verification is yet to come.

    `amount` (minor units of `currency`) is now due to the provider.
    """

    kind: ClassVar[str] = "job.done"
    job: UUID
    provider: UUID
    words: str
    evidence: dict[str, Any]
    amount: int | None
    currency: str | None


@dataclass(frozen=True, slots=True)
class JobCancelled(Event):
    """The desk took the job back, for `reason`."""

    kind: ClassVar[str] = "job.cancelled"
    job: UUID
    provider: UUID
    reason: str


@dataclass(frozen=True, slots=True)
class JobDeliveryGivenUp(Event):
    """The provider's own system could not be told (`what`), for `reason`; its page still works."""

    kind: ClassVar[str] = "job.delivery_given_up"
    job: UUID
    what: str
    reason: str
    attempts: int


@dataclass(frozen=True, slots=True)
class CommandSent(Event):
    """A command was put out for the machine; it does nothing there after `expires`."""

    kind: ClassVar[str] = "command.sent"
    command: UUID
    machine: str
    name: str
    arguments: dict[str, Any]
    preconditions: dict[str, Any]
    expires: datetime


@dataclass(frozen=True, slots=True)
class CommandSettled(Event):
    """The machine said what became of a command: `done`, `refused`, `failed`, `expired` or
    `recalled`; `late`, when its time was over before that.
    """

    kind: ClassVar[str] = "command.settled"
    command: UUID
    machine: str
    status: str
    detail: dict[str, Any]
    late: bool


@dataclass(frozen=True, slots=True)
class CommandUnanswered(Event):
    """A command's time was over before the machine said anything: it may have done it."""

    kind: ClassVar[str] = "command.unanswered"
    command: UUID
    machine: str


@dataclass(frozen=True, slots=True)
class CommandUndelivered(Event):
    """A command ended before it was ever put out, for `reason`: the machine never had it."""

    kind: ClassVar[str] = "command.undelivered"
    command: UUID
    machine: str
    reason: str


@dataclass(frozen=True, slots=True)
class CommandRecalled(Event):
    """A command that was put out already is taken back, for `reason`; the machine is told, and says
    what became of it.
    """

    kind: ClassVar[str] = "command.recalled"
    command: UUID
    machine: str
    reason: str


@dataclass(frozen=True, slots=True)
class PartReserved(Event):
    """A provider's parts are set aside for the case."""

    kind: ClassVar[str] = "part.reserved"
    reservation: UUID
    provider: UUID
    part: str
    quantity: int


@dataclass(frozen=True, slots=True)
class PartReleased(Event):
    """Parts that were set aside went back to the provider's stock."""

    kind: ClassVar[str] = "part.released"
    reservation: UUID
    provider: UUID
    part: str
    quantity: int


@dataclass(frozen=True, slots=True)
class PartUsed(Event):
    """Parts that were set aside are built in."""

    kind: ClassVar[str] = "part.used"
    reservation: UUID
    provider: UUID
    part: str
    quantity: int


@dataclass(frozen=True, slots=True)
class AppointmentBooked(Event):
    """The machine has an appointment with the provider, from `start` to `end`."""

    kind: ClassVar[str] = "appointment.booked"
    appointment: UUID
    provider: UUID
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class AppointmentCancelled(Event):
    """An appointment was given back."""

    kind: ClassVar[str] = "appointment.cancelled"
    appointment: UUID
    provider: UUID
    start: datetime
