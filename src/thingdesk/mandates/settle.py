from collections.abc import Sequence
from uuid import UUID

from thingdesk import timeline
from thingdesk.mandates import money_store
from thingdesk.mandates.events import MoneyReleased, MoneySettled
from thingdesk.mandates.model import is_at_most
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, refuse
from thingdesk.platform.money import Money


async def hold(tx: Transaction, effect_ids: Sequence[UUID]) -> None:
    """Keep the money that is reserved for effects, and the budgets that it is from, until `tx`
    ends: before anything else of theirs is touched, as whoever does an effect has it.
    """
    await money_store.hold(tx, effect_ids)


async def settle(tx: Transaction, effect_id: UUID, amount: Money) -> None:
    """Say what an effect cost in the end; the rest of what was reserved is free again.

    Repeating it changes nothing. Raises Refused: nothing is reserved, it was settled with another
    amount, or it cost more than was reserved: for that an effect of its own must be permitted.
    """
    spending = await money_store.lock_spending(tx, effect_id)
    if spending is None or spending.state == "released":
        raise refuse("nothing_reserved", "for this effect no money is reserved")
    if spending.state == "settled":
        if spending.amount != amount:
            raise refuse("settled_already", f"this effect was settled with {spending.amount}")
        return
    if amount.minor < 0 or not is_at_most(amount, spending.amount):
        words = f"{amount} cannot be paid from the {spending.amount} that are reserved"
        raise refuse("over_reserved", words, Recovery.CONTACT_US)
    await money_store.end_spending(tx, spending, "settled", amount.minor, clock.now())
    event = MoneySettled(effect_id, spending.payer.value, amount.minor, amount.currency)
    timeline.append(tx, f"case:{spending.case_id}", event)


async def release(tx: Transaction, effect_id: UUID) -> bool:
    """Free what is reserved for an effect that did not happen, or was taken back.

    Whether anything was freed: repeating it changes nothing, what was settled stays spent, and an
    effect without money has nothing to free. An approval stays used.
    """
    spending = await money_store.lock_spending(tx, effect_id)
    if spending is None or spending.state != "reserved":
        return False
    amount = spending.amount
    await money_store.end_spending(tx, spending, "released", amount.minor, clock.now())
    event = MoneyReleased(effect_id, amount.minor, amount.currency)
    timeline.append(tx, f"case:{spending.case_id}", event)
    return True
