"""Links that the desk signs, for pages of owners and providers, who have no password."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from thingdesk import timeline
from thingdesk.parties import errors, events
from thingdesk.parties import owner_store as store
from thingdesk.parties.desk_key import DeskKey
from thingdesk.parties.model import Link, Owner
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


def sign_link(
    key: DeskKey,
    purpose: str,
    subject_id: UUID,
    expires: datetime,
    *,
    owner: UUID | None = None,
    at: datetime | None = None,
) -> str:
    """A token for a URL that lets its bearer do `purpose` with `subject_id` until `expires`.

    One that an `owner` gets ends with all of theirs (`end_links`); that to their own page is theirs
    in any case. `at` is when it counts as signed, by default now.
    """
    claims = {
        "aud": purpose,
        "sub": str(subject_id),
        "iat": (at or clock.now()).timestamp(),
        "exp": int(expires.timestamp()),
    }
    if owner:
        claims["own"] = str(owner)
    return key.sign(claims, _TYPE)


async def read_link(tx: Transaction, key: DeskKey, purpose: str, token: str) -> Link:
    """What the link is about. Raises Refused: it is not ours, for another purpose, too old, or
    was ended with all links of its owner.
    """
    try:
        claims = key.verify(token, _TYPE)
    except Unreadable as error:
        raise refuse("link_unreadable", f"this link is not one of ours: {error}") from error
    if claims["aud"] != purpose:
        raise refuse("link_unreadable", "this link is for something else")
    if claims["exp"] <= clock.now().timestamp():
        raise refuse("link_expired", "this link has expired", Recovery.CONTACT_US)
    owner = claims["sub"] if purpose == OWNER_PAGE else claims.get("own")
    until = datetime.fromtimestamp(claims["exp"], UTC)
    link = Link(UUID(claims["sub"]), UUID(owner) if owner else None, until)
    known = (await store.get_many(tx, [link.owner])).get(link.owner) if link.owner else None
    if known and known.links_since and claims["iat"] < known.links_since.timestamp():
        raise refuse("link_ended", "this link was ended", Recovery.CONTACT_US)
    return link


async def end_links(tx: Transaction, owner_id: UUID, by: UUID | None = None) -> None:
    """From now on no link works that this owner ever got; `by` is one of the staff, None the owner.

    Mails that go out later, reminders too, have links that work. Raises Refused: an unknown owner,
    or one who was erased.
    """
    known = await store.lock(tx, owner_id)
    if known is None:
        raise errors.unknown_owner(owner_id)
    if known.email is None:
        raise errors.erased_owner()
    await store.end_links(tx, owner_id, clock.now())
    timeline.append(tx, f"owner:{owner_id}", events.OwnerLinksEnded(owner_id, by))


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
