from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.durable import store
from thingdesk.platform.metrics import Gauge

_RUNS = Gauge(
    "thingdesk.runs",
    "Runs (journeys) that have not ended: waiting for an answer or a time, due now, or stuck,"
    " which is for a person to mend.",
    "state",
    of_desk=True,
)
_LATE = Gauge(
    "thingdesk.runs.late",
    "For how long the oldest due run has waited for a worker.",
    unit="s",
    of_desk=True,
)


async def measure(tx: Transaction) -> None:
    """Look at all runs of the database, whoever works on them."""
    now = clock.now()
    found = await store.measure(tx, now)
    due = found["due"] + found["told"]
    waiting = max(0, found["active"] - due)
    _RUNS.set({"waiting": waiting, "due": due, "stuck": found["stuck"]})
    since = found["due_since"] or now
    _LATE.set((now - since).total_seconds())
