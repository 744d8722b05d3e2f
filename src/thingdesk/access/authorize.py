"""A client that sends an owner's browser here: authorization code with PKCE, OAuth 2.1."""

import re
from dataclasses import dataclass
from datetime import timedelta
from hmac import compare_digest
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from thingdesk.access import errors, grant_store, request_store
from thingdesk.access.end import end_grant
from thingdesk.access.making import Maker, make_for, secret_digest
from thingdesk.access.model import Asking, Browsed, Client, Issued, Pending, Surface
from thingdesk.access.proof import digest_of
from thingdesk.access.request_store import Request
from thingdesk.access.room import sender_with_room
from thingdesk.mandates import Terms
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import refuse

LASTS = timedelta(minutes=15)
_CODE_LASTS = timedelta(minutes=1)
_CHALLENGE = _THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_PLAIN = re.compile(r"[!-\[\]-~]{1,2048}")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_LONGEST_STATE = 1024


def check_redirect(client: Client, redirect: str | None) -> str:
    """Where the browser may be sent: exactly what the client has registered; of its own computer at
    any port (RFC 8252, 7.3). Raises Refused, which must be shown here and sent nowhere.
    """
    wanted = redirect or (client.redirects[0] if len(client.redirects) == 1 else None)
    if wanted is None or not any(_is_same(wanted, one) for one in client.redirects):
        words = "the redirect_uri is none that the client has registered"
        raise refuse("redirect_unknown", words)
    return wanted


def _is_same(wanted: str, registered: str) -> bool:
    if wanted == registered:
        return True
    if not _PLAIN.fullmatch(wanted):
        return False
    try:
        one, other = urlsplit(wanted), urlsplit(registered)
        at = (one.hostname, one.username, one.port is not None)
    except ValueError:
        return False
    own = other.scheme == "http" and other.hostname in _LOOPBACK
    return (
        own
        and at == (other.hostname, None, True)
        and one._replace(netloc="") == other._replace(netloc="")
    )


async def ask_owner(
    tx: Transaction,
    client: Client,
    asks: Terms,
    surfaces: tuple[Surface, ...],
    said: Browsed,
    address: str = "",
) -> Pending:
    """Keep what the client asks for until the owner has answered; `address` is the browser's.
    Raises Refused.
    """
    if said.method != "S256" or not _CHALLENGE.fullmatch(said.challenge or ""):
        words = "send code_challenge with code_challenge_method S256, nothing less"
        raise refuse("challenge_unfit", words)
    if len(said.state or "") > _LONGEST_STATE:
        raise refuse("challenge_unfit", f"state has {_LONGEST_STATE} characters at most")
    if said.jkt is not None and not _THUMBPRINT.fullmatch(said.jkt):
        words = "dpop_jkt must be a key's thumbprint: SHA-256 in base64url, 43 characters"
        raise refuse("thumbprint_unfit", words)
    now = clock.now()
    sender = await sender_with_room(tx, client, address, now)
    pending = Pending(
        ids.new(), Asking.AUTHORIZE, client.named, asks, surfaces, now + LASTS, said.redirect
    )
    new = Request(pending, sender, said)
    await request_store.add(tx, new, now)
    return pending


async def authorization(tx: Transaction, request_id: UUID) -> Pending | None:
    """What waits under this id for the owner whose browser was sent here."""
    found = await request_store.get(tx, request_id)
    if found is None or found.state != "waiting" or found.pending.expires <= clock.now():
        return None
    return found.pending if found.pending.kind is Asking.AUTHORIZE else None


def returning(said: Browsed, **answer: str) -> str:
    """Where the browser goes with an answer; `iss` says whose it is (RFC 9207)."""
    if said.state is not None:
        answer["state"] = said.state
    joint = "&" if "?" in said.redirect else "?"
    return f"{said.redirect}{joint}{urlencode({**answer, 'iss': said.base})}"


async def give_code(tx: Transaction, found: Request) -> str:
    """What the client exchanges for its token, once and soon."""
    code = ids.secret()
    until = clock.now() + _CODE_LASTS
    await request_store.give_code(tx, found.pending.id, secret_digest(code), until)
    return code


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What comes with a code."""

    code: str
    verifier: str
    redirect: str | None


async def redeem(
    tx: Transaction, to: Maker, client: Client, shown: Redeemed, surface: Surface | None
) -> Issued:
    """The token for a code. Whoever shows it twice ends what the first got: one of the two has
    stolen it. Raises Refused; `tx` has to be committed even so.
    """
    found = await request_store.lock_by_code(tx, secret_digest(shown.code))
    if found is None or found.pending.client.id != client.id or found.grant_id is None:
        raise errors.not_given()
    if found.browsed is None:
        raise errors.not_given()
    if found.state == "used":
        await end_grant(tx, found.grant_id, "its code was shown twice")
        raise errors.not_given()
    if shown.redirect not in (None, found.pending.redirect):
        raise errors.not_given()
    if not _VERIFIER.fullmatch(shown.verifier) or not compare_digest(
        digest_of(shown.verifier), found.browsed.challenge or ""
    ):
        raise errors.not_given()
    if found.browsed.jkt not in (None, to.jkt):
        raise refuse("proof_wrong", "the proof is by another key than that of the request")
    if found.code_until is None or found.code_until <= clock.now():
        raise errors.not_given()
    await request_store.settle(tx, found.pending.id, "used", found.grant_id)
    grant = await grant_store.get(tx, found.grant_id)
    if grant is None:
        raise errors.not_given()
    return await make_for(tx, to, grant, surface)
