from thingdesk.cases import promise_store, search_store
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.metrics import Gauge

_OPEN = Gauge(
    "thingdesk.cases.open",
    "Cases that have not ended, by their state: open, or verifying when a proof is awaited.",
    "state",
    of_desk=True,
)
_PROMISES = Gauge(
    "thingdesk.promises.running",
    "Promises whose clock runs: in time, or late, which means that nobody has looked lately.",
    "state",
    of_desk=True,
)


async def measure(tx: Transaction) -> None:
    """Count open cases and running promises."""
    _OPEN.set({"open": 0, "verifying": 0} | await search_store.under_way(tx))
    _PROMISES.set(await promise_store.measure(tx, clock.now()))
