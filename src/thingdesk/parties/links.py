"""Links that the desk signs, for pages of owners and providers, who have no password."""

from datetime import datetime, timedelta
from uuid import UUID

from thingdesk.parties import owner_store as store
from thingdesk.parties.desk_key import DeskKey
from thingdesk.parties.model import Owner
from thingdesk.parties.signatures import Unreadable
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, refuse

OWNER_PAGE = "owner"
"""What the link to an owner's own page is for."""

OWNER_LINK_LASTS = timedelta(days=30)
"""How long the link in a mail leads to the owner's page; every newer mail has a newer one."""

_EVERY = timedelta(minutes=10)
_TYPE = "thingdesk-link+jwt"


def sign_link(key: DeskKey, purpose: str, subject_id: UUID, expires: datetime) -> str:
    """A token for a URL that lets its bearer do `purpose` with `subject_id` until `expires`."""
    claims = {"aud": purpose, "sub": str(subject_id), "exp": int(expires.timestamp())}
    return key.sign(claims, _TYPE)


def read_link(key: DeskKey, purpose: str, token: str) -> UUID:
    """What the link is about. Raises Refused: it is not ours, for another purpose, or too old."""
    try:
        claims = key.verify(token, _TYPE)
    except Unreadable as error:
        raise refuse("link_unreadable", f"this link is not one of ours: {error}") from error
    if claims["aud"] != purpose:
        raise refuse("link_unreadable", "this link is for something else")
    if claims["exp"] <= clock.now().timestamp():
        raise refuse("link_expired", "this link has expired", Recovery.CONTACT_US)
    return UUID(claims["sub"])


async def asks_for_link(tx: Transaction, email: str) -> Owner | None:
    """The owner with this address, when the link to their page is to be mailed to them now.

    None for an unknown address, and for an owner who asked less than ten minutes ago: whoever
    knows an address cannot fill its letter box.
    """
    owner = await store.by_email(tx, email.strip().lower())
    now = clock.now()
    if owner is None or not await store.note_link(tx, owner.id, now, now - _EVERY):
        return None
    return owner
