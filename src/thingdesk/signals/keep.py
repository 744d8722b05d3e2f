from datetime import UTC, timedelta

from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.signals import store

EVENTS_KEPT = timedelta(days=8)
_AHEAD = 3


async def keep(tx: Transaction, signals_kept: timedelta) -> None:
    """Make the partitions of the coming days, and let go of the signals that are older than they
    are kept.
    """
    now = clock.now()
    today = now.astimezone(UTC).date()
    await store.lock_partitions(tx)
    there = await store.partitions(tx)
    for day in (today + timedelta(days=n) for n in range(_AHEAD)):
        if day not in there.values():
            await store.add_partition(tx, day)
    for day in there.values():
        if day < (now - signals_kept).date():
            await store.drop_partition(tx, day)
    await store.forget_spans(tx, now - EVENTS_KEPT)


async def forget(tx: Transaction, most: int = 10_000) -> int:
    """Let go of the ids of events that nobody repeats any more, `most` at a time; how many."""
    return await store.forget_events(tx, clock.now() - EVENTS_KEPT, most)
