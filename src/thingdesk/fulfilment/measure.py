from thingdesk.fulfilment.commands import store as commands
from thingdesk.fulfilment.jobs import store as jobs
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.metrics import Gauge

_WAITING = Gauge(
    "thingdesk.outbox.waiting",
    "Commands without a result, and what providers' own systems have not taken of their jobs.",
    "kind",
    of_desk=True,
)
_LATE = Gauge(
    "thingdesk.outbox.late",
    "For how long the one whose attempt is due has waited for it; the oldest of each kind.",
    "kind",
    unit="s",
    of_desk=True,
)


async def measure(tx: Transaction) -> None:
    """Look into the outboxes of commands and jobs."""
    now = clock.now()
    found = {
        "commands": await commands.measure(tx, now),
        "jobs": await jobs.measure(tx, now),
    }
    _WAITING.set({kind: number for kind, (number, _) in found.items()})
    _LATE.set({kind: (now - since).total_seconds() for kind, (_, since) in found.items()})
