"""Zero-touch, from the timeline: verified, and nobody was asked for anything but a choice, such as
a date, that only the owner can make.
"""

from collections.abc import Collection
from uuid import UUID

from thingdesk import timeline
from thingdesk.decisions import NO
from thingdesk.notices import To
from thingdesk.platform.database import Transaction
from thingdesk.timeline import Entry

_KINDS = ("decision.asked", "journey.retried")


async def zero_touch(tx: Transaction, verified: Collection[UUID]) -> int:
    """How many of these verified cases needed nobody of staff, and no permission of their owner."""
    entries = await timeline.of_many(tx, [f"case:{one}" for one in verified], _KINDS)
    return len(verified) - len({entry.stream for entry in entries if _touches(entry)})


def _touches(entry: Entry) -> bool:
    """An erased value may have been anything."""
    if entry.kind != "decision.asked" or entry.value is None:
        return True
    permits = bool(entry.value["approves"]) and NO in entry.value["options"]
    return entry.value["to"] == To.STAFF or permits
