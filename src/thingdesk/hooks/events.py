"""What happens to hooks, on the stream of the machine that registered them."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from thingdesk.platform.database import Transaction
from thingdesk.timeline import Event, append


def tell_machine(tx: Transaction, machine: str, event: Event) -> None:
    append(tx, f"machine:{machine}", event)


@dataclass(frozen=True, slots=True)
class HookRegistered(Event):
    """The machine is told at an address of this host what happens to its cases, in a `form`."""

    kind: ClassVar[str] = "hook.registered"
    hook: UUID
    host: str
    form: str


@dataclass(frozen=True, slots=True)
class HookEnded(Event):
    """Nothing is told there any more."""

    kind: ClassVar[str] = "hook.ended"
    hook: UUID
    host: str
    reason: str


@dataclass(frozen=True, slots=True)
class HookDeliveryGivenUp(Event):
    """An entry of a case's timeline could not be told at the address, for `reason`."""

    kind: ClassVar[str] = "hook.given_up"
    hook: UUID
    host: str
    case: UUID
    what: str
    reason: str
    attempts: int


@dataclass(frozen=True, slots=True)
class HookDeliveryRevived(Event):
    """What had been given up is sent again; `by` is one of the staff."""

    kind: ClassVar[str] = "hook.sent_again"
    hook: UUID
    host: str
    case: UUID
    what: str
    by: UUID
