from datetime import datetime
from uuid import UUID

from thingdesk import timeline
from thingdesk.parties import errors, events, machine_store
from thingdesk.parties import owner_store as store
from thingdesk.parties.keys import CALLERS
from thingdesk.parties.model import Ownership
from thingdesk.parties.register import began
from thingdesk.platform import clock, moments
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import refuse


async def transfer(
    tx: Transaction, machine: str, owner_id: UUID | None, at: datetime, by: UUID | None = None
) -> bool:
    """End the ownership of `machine` at `at`, and begin that of `owner_id` (None: nobody's).

    Whether anything changed: to whom it belongs already, it goes on to belong. `by` is one of the
    staff. The machine is held as by `hold`. This is the period alone; what a sale ends besides is
    for `flow` to do.

    Raises Refused: an unknown machine or owner, a time to come, or one not after the beginning of
    the present period.
    """
    if not await machine_store.lock(tx, [machine]):
        raise errors.unknown_machine(machine)
    _check_time(at)
    if owner_id is not None:
        await _check_owner(tx, owner_id)
    last = (await store.last_periods(tx, [machine])).get(machine)
    if last and last.ends is None:
        if last.owner_id == owner_id:
            return False
        await _end(tx, last, at, by)
    elif last and last.ends and at < last.ends:
        raise refuse("transfer_too_early", f"the last ownership ended {last.ends.isoformat()}")
    elif owner_id is None:
        return False
    if owner_id is not None:
        period = Ownership(machine, owner_id, at, None)
        await store.begin(tx, [period])
        began(tx, period, by)
    return True


def _check_time(at: datetime) -> None:
    if at > clock.now():
        raise refuse("transfer_too_late", "ownership can only end when the time has come")
    wrong = moments.problem(at)
    if wrong:
        raise refuse("transfer_too_early", f"the time {wrong}: {moments.MEND}")


async def _check_owner(tx: Transaction, owner_id: UUID) -> None:
    owner = await store.hold(tx, owner_id)
    if owner is None:
        raise errors.unknown_owner(owner_id)
    if owner.email is None:
        raise errors.erased_owner()


async def _end(tx: Transaction, period: Ownership, at: datetime, by: UUID | None) -> None:
    if at <= period.begins:
        raise refuse(
            "transfer_too_early", f"the present ownership began {period.begins.isoformat()}"
        )
    await store.end(tx, period, at)
    tx.notify(CALLERS)
    event = events.OwnershipEnded(period.machine, period.owner_id, at.isoformat(), by)
    timeline.append(tx, f"machine:{period.machine}", event)
    timeline.append(tx, f"owner:{period.owner_id}", event)
