"""Browsers in which one of the staff has logged in: what strangers fail at elsewhere keeps nobody
out of the console there.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from thingdesk.parties.desk_key import DeskKey
from thingdesk.parties.links import read_link, sign_link
from thingdesk.parties.passwords import digest
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Refused

_PURPOSE = "staff-browser"
_LASTS = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Browser:
    """One in which `staff_id` has logged in. It lets nobody in."""

    staff_id: UUID
    id: str


def remember_browser(key: DeskKey, staff_id: UUID) -> tuple[str, datetime]:
    """What a browser shows at the next log-in, and until when; the desk keeps nothing of it."""
    until = clock.now() + _LASTS
    return sign_link(key, _PURPOSE, staff_id, until), until


async def known_browser(tx: Transaction, key: DeskKey, shown: str) -> Browser | None:
    """Whose browser shows this; None for what the desk has not given one, or too long ago."""
    try:
        link = await read_link(tx, key, _PURPOSE, shown)
    except Refused:
        return None
    return Browser(link.subject, digest(shown).hex())
