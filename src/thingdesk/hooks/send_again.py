from uuid import UUID

from thingdesk.hooks import delivery_store
from thingdesk.hooks.errors import not_given_up
from thingdesk.hooks.events import HookDeliveryRevived, tell_machine
from thingdesk.hooks.model import CHANNEL
from thingdesk.platform.database import Transaction


async def send_again(tx: Transaction, delivery_id: UUID, by: UUID) -> None:
    """Try what was given up for days more; `by` is one of the staff. Raises Refused."""
    if not await delivery_store.revive(tx, delivery_id):
        raise not_given_up()
    one = await delivery_store.get_delivery(tx, delivery_id)
    if one:
        asked = one.hook.asked
        event = HookDeliveryRevived(one.hook.id, asked.host, one.case_id, one.entry.kind, by)
        tell_machine(tx, asked.machine, event)
    tx.notify(CHANNEL)
