"""Intake of observations.

What enters: signals whose sender the channel has recognised. What leaves: committed signals, in an
order in which a reader misses none, and for each one whether it is new. Always true: an event is
stored once, whoever repeats it; a machine's time that cannot be right is kept out of the way.
"""

from thingdesk.platform.repeats import Arrival
from thingdesk.signals.availability import (
    Availability,
    availability,
    beat,
    intake_spans,
    present_of,
)
from thingdesk.signals.codes import fits, is_absent, is_trouble_code, one_form
from thingdesk.signals.keep import Days, make_room
from thingdesk.signals.model import (
    SHARDS,
    Cursor,
    Signal,
    Stored,
    shard_of,
    trusted_time,
)
from thingdesk.signals.order_store import is_beyond, reorder, unread_since
from thingdesk.signals.read import read_signal
from thingdesk.signals.store import (
    KEPT,
    after,
    curve,
    history,
    latest,
    outside,
    unread,
    with_news,
)
from thingdesk.signals.take import CHANNEL, take

__all__ = [
    "CHANNEL",
    "KEPT",
    "SHARDS",
    "Arrival",
    "Availability",
    "Cursor",
    "Days",
    "Signal",
    "Stored",
    "after",
    "availability",
    "beat",
    "curve",
    "fits",
    "history",
    "intake_spans",
    "is_absent",
    "is_beyond",
    "is_trouble_code",
    "latest",
    "make_room",
    "one_form",
    "outside",
    "present_of",
    "read_signal",
    "reorder",
    "shard_of",
    "take",
    "trusted_time",
    "unread",
    "unread_since",
    "with_news",
]
