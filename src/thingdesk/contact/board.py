"""What staff see of those who want a person."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from thingdesk.contact import store
from thingdesk.contact.expect import Line, expected_wait
from thingdesk.contact.model import Hold
from thingdesk.contact.see import SERVING
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction

_SOON = timedelta(hours=16)


@dataclass(frozen=True, slots=True)
class Board:
    """Who waits, in their order; who is with staff; and whom to call back until tomorrow. `wait` is
    how long somebody who came now would wait.
    """

    waiting: tuple[Hold, ...]
    talks: tuple[Hold, ...]
    booked: tuple[Hold, ...]
    wait: timedelta | None
    line: Line


async def board(tx: Transaction, most: int) -> Board:
    """As it is now, `most` of each."""
    now = clock.now()
    waiting = await store.waiting(tx, most)
    line = await store.line(tx, now, SERVING)
    return Board(
        tuple(waiting),
        tuple(await store.talks(tx, most)),
        tuple(await store.booked(tx, now + _SOON, most)),
        expected_wait(len(waiting) + 1, line),
        line,
    )


async def get(tx: Transaction, hold_id: UUID) -> Hold | None:
    return await store.get(tx, hold_id)


async def with_staff(tx: Transaction, staff_id: UUID) -> Hold | None:
    """Whom one of the staff has taken and not ended."""
    return await store.of_staff(tx, staff_id)


async def open_of_owner(tx: Transaction, owner_id: UUID, most: int = 10) -> list[Hold]:
    """What is asked for on an owner's behalf, the oldest first."""
    return await store.open_of_owner(tx, owner_id, most)
