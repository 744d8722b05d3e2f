from dataclasses import asdict

from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.timeline import store
from thingdesk.timeline.model import Event


def append(tx: Transaction, stream: str, event: Event) -> None:
    """Put `event` (a frozen dataclass) at the end of `stream` when this transaction commits."""
    value = asdict(event)  # type: ignore[call-overload]
    tx.gather(store.write, store.Pending(stream, clock.now(), event.kind, value))
