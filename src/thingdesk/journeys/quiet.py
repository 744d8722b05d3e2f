"""What is said once in a while, however often there is reason to."""

from thingdesk.journeys import store
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction


async def is_news(tx: Transaction, name: str) -> bool:
    """Whether nobody was told of `name` in this time; from now on somebody was."""
    return await store.is_news(tx, name, clock.now(), store.QUIET)
