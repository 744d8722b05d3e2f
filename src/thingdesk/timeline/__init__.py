"""Append-only events of everything, hash-chained per stream.

What enters: past-tense events of all stages, in the stage's own transaction. What leaves:
entries, for pages, audit, metrics and mining. Always true: an entry is never changed; what is
personal in it can be erased without breaking the chain. Streams are `case:ID`, `machine:ID`,
`owner:ID` and `desk`.
"""

from thingdesk.timeline.append import append
from thingdesk.timeline.model import Break, Entry, Event
from thingdesk.timeline.store import erase, latest, latest_of, read
from thingdesk.timeline.verify import verify, verify_all

__all__ = [
    "Break",
    "Entry",
    "Event",
    "append",
    "erase",
    "latest",
    "latest_of",
    "read",
    "verify",
    "verify_all",
]
