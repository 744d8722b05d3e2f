from thingdesk.hooks import delivery_store
from thingdesk.hooks.read import number_failing
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.metrics import Gauge

_WAITING = Gauge(
    "thingdesk.hooks.waiting", "What addresses of machines have not taken yet.", of_desk=True
)
_LATE = Gauge(
    "thingdesk.hooks.late",
    "For how long the one whose attempt is due has waited for it; the oldest.",
    unit="s",
    of_desk=True,
)
_FAILING = Gauge(
    "thingdesk.hooks.failing",
    "Addresses of machines at which something was tried in vain for more than an hour.",
    of_desk=True,
)


async def measure(tx: Transaction) -> None:
    """Look into the outbox of hooks."""
    now = clock.now()
    waiting, since = await delivery_store.measure(tx, now)
    _WAITING.set(waiting)
    _LATE.set((now - since).total_seconds())
    _FAILING.set(await number_failing(tx))
