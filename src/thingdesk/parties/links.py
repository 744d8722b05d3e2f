"""Links that the desk signs, for pages of owners and providers, who have no password."""

from datetime import datetime
from uuid import UUID

from thingdesk.parties.desk_key import DeskKey
from thingdesk.parties.signatures import Unreadable
from thingdesk.platform import clock
from thingdesk.platform.errors import Recovery, refuse

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
