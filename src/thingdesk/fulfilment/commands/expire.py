from thingdesk.fulfilment.commands import store
from thingdesk.fulfilment.commands.model import CommandState, key
from thingdesk.fulfilment.events import CommandExpired, tell_case
from thingdesk.platform import clock, durable
from thingdesk.platform.database import Transaction


async def expire_commands(tx: Transaction, most: int = 500) -> int:
    """End the commands whose time is over, `most` at a time; how many there were."""
    now = clock.now()
    over = await store.lock_over(tx, now, most)
    if over:
        await store.end(tx, [sent.id for sent in over], CommandState.EXPIRED, {}, now)
    for sent in over:
        tell_case(tx, sent.command.case_id, CommandExpired(sent.id, sent.command.machine))
        value = {"command": str(sent.id), "status": CommandState.EXPIRED.value, "detail": {}}
        durable.send(tx, sent.command.run_id, key(sent.id), value)
    return len(over)
