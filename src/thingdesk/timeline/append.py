import orjson

from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.metrics import Counter
from thingdesk.timeline import store
from thingdesk.timeline.model import Event

_HAPPENED = Counter("thingdesk.timeline.events", "What happened: entries of the timeline.", "kind")


def append(tx: Transaction, stream: str, event: Event) -> None:
    """Put `event` (a frozen dataclass) at the end of `stream` when this transaction commits."""
    # as text at once: what the event refers to may change before the commit
    # default=str: the UUIDs that asyncpg returns are a subclass, which orjson does not know
    text = orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    tx.gather(store.write, store.Pending(stream, clock.now(), event.kind, text), last=True)
    tx.count(_HAPPENED, 1, event.kind)
