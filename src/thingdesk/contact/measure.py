from thingdesk.contact import store
from thingdesk.contact.model import State
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.metrics import Gauge

_OPEN = Gauge(
    "thingdesk.holds.open",
    "Places in the queue for a person, by their state.",
    "state",
    of_desk=True,
)
_LONGEST = Gauge(
    "thingdesk.holds.longest",
    "For how long the first has waited for a person, or its call back is late (booked).",
    "state",
    unit="s",
    of_desk=True,
)


async def measure(tx: Transaction) -> None:
    """Look who waits for a person."""
    now = clock.now()
    found = {State(row["state"]): row for row in await store.measure(tx)}
    _OPEN.set({one: found[one]["number"] if one in found else 0 for one in State if one.is_open})
    since = {
        State.WAITING: found[State.WAITING]["queued_at"] if State.WAITING in found else now,
        State.BOOKED: found[State.BOOKED]["call_back_at"] if State.BOOKED in found else now,
    }
    _LONGEST.set({one: max(0.0, (now - at).total_seconds()) for one, at in since.items()})
