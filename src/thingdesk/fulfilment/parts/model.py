"""Stock and reservations. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class StockLine:
    """How many of a part a provider has free."""

    provider: UUID
    part: str
    quantity: int


class ReservationState(StrEnum):
    """`reserved` until it is `released`, back to the stock, or `used`."""

    RESERVED = "reserved"
    RELEASED = "released"
    USED = "used"


AFTER: Mapping[ReservationState, frozenset[ReservationState]] = {
    ReservationState.RESERVED: frozenset({ReservationState.RELEASED, ReservationState.USED}),
    ReservationState.RELEASED: frozenset(),
    ReservationState.USED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Reservation:
    """Parts of a provider that are set aside for a case; `id` is the id of the effect."""

    id: UUID
    case_id: UUID
    provider: UUID
    part: str
    quantity: int
    state: ReservationState = ReservationState.RESERVED
