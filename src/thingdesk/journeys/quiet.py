"""What is said once in a while, however often there is reason to."""

from datetime import timedelta

from thingdesk.journeys import store
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction

QUIET = timedelta(hours=1)
"""What was told is told again after this at the earliest."""


async def is_news(tx: Transaction, name: str) -> bool:
    """Whether nobody was told of `name` in this time; from now on somebody was."""
    return await store.is_news(tx, name, clock.now(), QUIET)


async def forget_told(tx: Transaction, most: int = 10_000) -> int:
    """Let go of what would be news again, `most` at a time; how many."""
    return await store.forget_told(tx, clock.now() - QUIET, most)
