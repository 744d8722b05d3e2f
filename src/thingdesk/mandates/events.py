from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from thingdesk.timeline import Event


@dataclass(frozen=True, slots=True)
class MandateGranted(Event):
    """An owner gave a permission: the standing one, which replaces the one before, or one `to` a
    machine, where it has a `parent` by narrowing that one. On the owner's stream.
    """

    kind: ClassVar[str] = "mandate.granted"
    mandate: UUID
    version: int
    to: str | None = None
    parent: UUID | None = None


@dataclass(frozen=True, slots=True)
class MandateRevoked(Event):
    """A permission was taken back, for `reason`: the standing one, or one that was given `to` a
    machine. On the owner's stream.
    """

    kind: ClassVar[str] = "mandate.revoked"
    mandate: UUID
    version: int
    reason: str
    to: str | None = None


@dataclass(frozen=True, slots=True)
class EntitlementAdded(Event):
    """A machine was given something: `basis` is law, warranty or contract. On its stream; `by` is
    one of the staff.
    """

    kind: ClassVar[str] = "entitlement.added"
    entitlement: UUID
    basis: str
    reference: str
    payer: str
    by: UUID | None = None


@dataclass(frozen=True, slots=True)
class EntitlementEnded(Event):
    """An entitlement ends, at `ends` in ISO 8601. On its machine's stream; `by` is one of the
    staff.
    """

    kind: ClassVar[str] = "entitlement.ended"
    entitlement: UUID
    ends: str
    by: UUID | None = None


@dataclass(frozen=True, slots=True)
class PolicySet(Event):
    """The organisation changed what it allows. On `desk`."""

    kind: ClassVar[str] = "policy.set"
    version: int
    by: UUID | None


@dataclass(frozen=True, slots=True)
class MoneyReserved(Event):
    """Money was put aside for an effect, in minor units. On the case's stream.

    `code` says what permitted it; the version is that of the mandate, where one did.
    """

    kind: ClassVar[str] = "money.reserved"
    effect: UUID
    payer: str
    minor: int
    currency: str
    code: str
    mandate_version: int | None


@dataclass(frozen=True, slots=True)
class MoneySettled(Event):
    """What an effect cost in the end; the rest of the reserve is free. On the case's stream."""

    kind: ClassVar[str] = "money.settled"
    effect: UUID
    payer: str
    minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class MoneyReleased(Event):
    """What was reserved for an effect is free again. On the case's stream."""

    kind: ClassVar[str] = "money.released"
    effect: UUID
    minor: int
    currency: str
