from uuid import UUID

from thingdesk.hooks import delivery_store
from thingdesk.hooks.events import HookDeliveryGivenUp, tell_machine
from thingdesk.platform.database import Transaction


async def give_up(tx: Transaction, delivery_id: UUID, reason: str) -> None:
    """End the attempts: no further one will do. Staff see it, and can have it sent again."""
    one = await delivery_store.settle(tx, delivery_id, reason)
    if one:
        asked = one.hook.asked
        event = HookDeliveryGivenUp(
            one.hook.id, asked.host, one.case_id, one.entry.kind, reason, one.attempts
        )
        tell_machine(tx, asked.machine, event)


async def not_delivered(tx: Transaction, delivery_id: UUID, problem: str) -> None:
    """An attempt failed; when there is no time for another one it is given up."""
    if not await delivery_store.note_problem(tx, delivery_id, problem):
        await give_up(tx, delivery_id, problem)
