"""What makes room for the coming days, and lets go of what nobody needs any more, in steps."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from thingdesk import cases, signals
from thingdesk.platform import durable
from thingdesk.platform.database import Transaction

SIGNALS_KEPT = timedelta(days=400)


async def keep_signals(tx: Transaction) -> int:
    """Have partitions for the signals of the coming days, and none for those of long ago."""
    await signals.keep(tx, SIGNALS_KEPT)
    return 0


ACTS: tuple[Callable[[Transaction], Awaitable[int]], ...] = (
    keep_signals,
    signals.forget,
    cases.forget_reports,
    durable.forget,
)
"""Each is for a transaction of its own, takes so many rows at most, and says how many it took."""
