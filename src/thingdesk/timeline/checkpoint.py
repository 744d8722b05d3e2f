"""Signed checkpoints: how far streams were. They miss a stream that was deleted afterwards."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.timeline import checkpoint_store as store
from thingdesk.timeline.model import CHECKPOINT, FIRST, Checkpoint, root

Sign = Callable[[dict[str, Any], str], str]
"""Makes a compact JWS of claims and the type that its header says."""

MOST = 2000
"""Streams in a checkpoint: so many are locked at once, for some tens of milliseconds."""


async def checkpoint(tx: Transaction, sign: Sign, every: timedelta = timedelta()) -> int:
    """Sign how far those streams are that have changed since they were last in a checkpoint; how
    many they are. What commits later falls into the next one.

    0: nothing has changed, somebody else is at it, or the newest one is not `every` old; one that
    was full is followed at once, as there is more to sign.
    """
    if not await store.alone(tx):
        return 0
    last, now = await store.newest(tx), clock.now()
    # one of the future was made by a clock that was wrong, and must not keep others from being made
    if last and len(last.heads) < MOST and now - every < last.at <= now:
        return 0
    heads = await store.take_changed(tx, MOST)
    if not heads:
        return 0
    number, previous = (last.number + 1, last.digest) if last else (1, FIRST)
    made = Checkpoint(number, now, previous, root(heads), "", tuple(heads))
    await store.add(tx, made.signed_as(sign(made.claims(), CHECKPOINT)))
    return len(heads)
