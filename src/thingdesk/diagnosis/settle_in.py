from thingdesk import signals
from thingdesk.diagnosis import store
from thingdesk.platform.database import Transaction


async def settle_in(tx: Transaction) -> bool:
    """See to it that signals are read on in a database that was restored on another server, by
    `pg_dump` for example. True when there was something to do; to be called at every start.
    """
    if not await signals.is_beyond(tx, await store.cursors(tx)):
        return False
    cursors = await store.lock(tx)
    await store.place(tx, await signals.reorder(tx, cursors))
    return True
