from collections.abc import Set as AbstractSet
from uuid import UUID

from thingdesk import mandates, notices
from thingdesk.contact import errors, store
from thingdesk.contact.events import HoldEnded, HoldWithdrawn
from thingdesk.contact.model import WITH_STAFF, Hold, State
from thingdesk.contact.outcomes import OVER
from thingdesk.contact.see import lock, owned
from thingdesk.notices import Notice, Recipient
from thingdesk.platform import clock, formats
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import FieldError, invalid
from thingdesk.timeline import append

MOST_WORDS = 1000
_OVER = "The mandate under which a person was asked for is over."
_TALKED = "It has ended; person.hold says what came of it."


async def end(tx: Transaction, staff_id: UUID, hold_id: UUID, words: str) -> Hold:
    """What came of it, as one of the staff says; its machine is told. Said again it changes
    nothing. Raises Refused: `hold_unknown`, `hold_over`, `invalid_input` without words.
    """
    said = formats.seen(words.replace("\0", "")).strip()
    if not 1 <= len(said) <= MOST_WORDS:
        mend = f"say it in 1 to {MOST_WORDS} characters"
        raise invalid("It cannot end", [FieldError("words", "do not fit", mend)])
    found = await store.lock(tx, hold_id)
    if found is None:
        raise errors.unknown()
    if found.state is State.ENDED and (found.staff_id, found.words) == (staff_id, said):
        return found
    if found.state not in WITH_STAFF:
        raise errors.over(found)
    return await ended(tx, found, staff_id, said)


async def ended(tx: Transaction, found: Hold, by: UUID | None, words: str) -> Hold:
    """A hold that is locked ends with these words; `by` None: by itself."""
    new = found.ended(State.ENDED, clock.now(), words)
    await store.save(tx, new)
    append(tx, new.stream, HoldEnded(new.id, words, by))
    if not (new.mandate_id and await _over(tx, {new.mandate_id})):
        # what is told of a case is forgotten with its owner; what stands with the machine is not
        _tell(tx, new, "hold.ended", words if new.case_id else _TALKED)
    tx.count(OVER, 1, "ended")
    return new


async def leave(tx: Transaction, owner_id: UUID | None, hold_id: UUID, reason: str) -> Hold:
    """No person is wanted any more, for `reason`. One that is withdrawn already stays so. Raises
    Refused: `hold_unknown`, and `hold_over` once they talk or have talked.
    """
    found = await lock(tx, owner_id, hold_id)
    if found.state is State.WITHDRAWN:
        return found
    if not found.may_become(State.WITHDRAWN):
        raise errors.over(found)
    return await _withdraw(tx, found, reason)


async def stop(tx: Transaction, owner_id: UUID, hold_id: UUID, reason: str) -> Hold:
    """The same, as the owner says; the machine that asked is told, so that it waits no longer."""
    before = owned(await store.get(tx, hold_id), owner_id)
    new = await leave(tx, owner_id, hold_id, reason)
    if not before.over and new.over:
        _tell(tx, new, "hold.withdrawn", reason)
    return new


async def leave_all(tx: Transaction, machine: str, reason: str) -> int:
    """Withdraw all that a machine asked for and that is open, whatever its state; how many."""
    await store.take_turns(tx)
    found = await store.lock_of_machine(tx, machine)
    for one in found:
        await _withdraw(tx, one, reason)
    return len(found)


async def leave_over(tx: Transaction) -> list[Hold]:
    """Withdraw what was asked for under a mandate that is over, and tell its machine; which they
    are. Where the owner talks to a person already, they go on. What is just being changed is left
    for the next time.
    """
    over = await _over(tx, await store.mandates(tx))
    found = await store.lock_under(tx, over) if over else []
    for one in found:
        _tell(tx, await _withdraw(tx, one, _OVER), "hold.withdrawn", _OVER)
    return found


async def _over(tx: Transaction, wanted: AbstractSet[UUID]) -> AbstractSet[UUID]:
    """Those of these mandates that permit nothing any more."""
    found, now = await mandates.get_many(tx, wanted), clock.now()
    return wanted - {id_ for id_, one in found.items() if one.is_live(now)}


def _tell(tx: Transaction, hold: Hold, kind: str, words: str) -> None:
    data = {"hold": str(hold.id), "state": hold.state.value}
    notices.tell(tx, Notice(Recipient.machine(hold.machine), kind, words, hold.case_id, data))


async def _withdraw(tx: Transaction, found: Hold, reason: str) -> Hold:
    new = found.ended(State.WITHDRAWN, clock.now(), reason)
    await store.save(tx, new)
    append(tx, new.stream, HoldWithdrawn(new.id, reason))
    tx.count(OVER, 1, "withdrawn")
    return new


async def erase(tx: Transaction, owner_id: UUID) -> None:
    """Forget what was said in an owner's holds; what is open ends."""
    await store.take_turns(tx)
    for one in await store.lock_of_owner(tx, owner_id):
        await _withdraw(tx, one, "What was known of the owner was erased.")
    await store.erase(tx, owner_id)
