from thingdesk import signals
from thingdesk.diagnosis import store
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.metrics import Gauge

_LAG = Gauge(
    "thingdesk.diagnosis.lag",
    "The age of the oldest committed signal that the rules have not seen yet.",
    unit="s",
    of_desk=True,
)


async def measure(tx: Transaction) -> None:
    """Say how far diagnosis is behind."""
    now = clock.now()
    since = await signals.unread_since(tx, await store.cursors(tx))
    _LAG.set(max(0.0, (now - since).total_seconds()) if since else 0.0)
