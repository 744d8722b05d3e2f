from collections import Counter
from collections.abc import Collection

from thingdesk.hooks import delivery_store
from thingdesk.hooks.model import Delivery, Hook
from thingdesk.platform.database import Transaction


async def claim_due(tx: Transaction, most: int, under_way: Collection[Hook] = ()) -> list[Delivery]:
    """Up to `most` deliveries that are due, each for one attempt; few of one machine, whatever
    hooks it has, and of one host, and none of those who have enough `under_way`.

    The next attempt comes by itself, later each time, unless `delivered` or `give_up` ends it.
    Commit before sending: then a crash leads to a repeat and never to a loss.
    """
    machines = {one.asked.machine for one in under_way}
    hosts = Counter(one.asked.host for one in under_way)
    full = [host for host, number in hosts.items() if number >= delivery_store.EACH_HOST]
    return await delivery_store.claim(tx, most, machines, full)
