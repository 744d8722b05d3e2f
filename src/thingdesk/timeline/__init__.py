"""Append-only events of everything, hash-chained per stream.

What enters: past-tense events of all stages, in the stage's own transaction. What leaves:
entries, for pages, audit, metrics and mining. Always true: an entry is never changed; what is
personal in it can be erased without breaking the chain; a stream that was deleted is missed by the
signed checkpoints. Streams are `case:ID`, `machine:ID`, `owner:ID` and `desk`.
"""

from thingdesk.timeline.append import append
from thingdesk.timeline.checkpoint import MOST, checkpoint
from thingdesk.timeline.checkpoint_store import newest as newest_checkpoint
from thingdesk.timeline.model import CHECKPOINT, Break, Checkpoint, Entry, Event, Flaw
from thingdesk.timeline.store import (
    CHANNEL,
    after,
    erase,
    erase_streams,
    follow,
    latest,
    latest_of,
    newest,
    of_many,
    read,
    size,
    take_moved,
)
from thingdesk.timeline.verify import Verified, verify, verify_next
from thingdesk.timeline.verify_checkpoints import Read, compare, verify_checkpoints

__all__ = [
    "CHANNEL",
    "CHECKPOINT",
    "MOST",
    "Break",
    "Checkpoint",
    "Entry",
    "Event",
    "Flaw",
    "Read",
    "Verified",
    "after",
    "append",
    "checkpoint",
    "compare",
    "erase",
    "erase_streams",
    "follow",
    "latest",
    "latest_of",
    "newest",
    "newest_checkpoint",
    "of_many",
    "read",
    "size",
    "take_moved",
    "verify",
    "verify_checkpoints",
    "verify_next",
]
