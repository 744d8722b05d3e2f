from thingdesk.notices import store
from thingdesk.notices.model import Channel
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.metrics import Gauge

_OPEN = Gauge(
    "thingdesk.notices.open",
    "Notices that are neither acknowledged, taken nor given up, by the channel they go by.",
    "channel",
    of_desk=True,
)
_LATE = Gauge(
    "thingdesk.notices.late",
    "For how long the notice whose attempt is due has waited for one; the oldest of each channel.",
    "channel",
    unit="s",
    of_desk=True,
)


async def measure(tx: Transaction) -> None:
    """Look into the outbox of notices."""
    now = clock.now()
    found = await store.measure(tx, now)
    none = dict.fromkeys(Channel, 0.0)
    _OPEN.set(none | {channel: number for channel, number, _ in found})
    _LATE.set(none | {channel: (now - since).total_seconds() for channel, _, since in found})
