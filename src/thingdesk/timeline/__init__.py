"""Append-only events of everything, hash-chained per stream.

What enters: past-tense events of all stages, in the stage's own transaction. What leaves:
entries, for pages, audit, metrics and mining. Always true: an entry is never changed; what is
personal in it can be erased without breaking the chain. Streams are `case:ID`, `machine:ID`,
`owner:ID` and `desk`.
"""

from thingdesk.timeline.append import append
from thingdesk.timeline.model import Break, Entry, Event
from thingdesk.timeline.store import erase, erase_streams, latest, latest_of, read, size
from thingdesk.timeline.verify import Verified, verify, verify_next

__all__ = [
    "Break",
    "Entry",
    "Event",
    "Verified",
    "append",
    "erase",
    "erase_streams",
    "latest",
    "latest_of",
    "read",
    "size",
    "verify",
    "verify_next",
]
