"""Pairing a machine with its owner by a code that it shows: RFC 8628."""

from datetime import timedelta

from thingdesk.access import errors, grant_store, once_store, request_store
from thingdesk.access.making import Maker, make_for, secret_digest
from thingdesk.access.model import Asking, Client, Issued, Pairing, Pending, Surface
from thingdesk.access.request_store import Request
from thingdesk.access.room import sender_with_room
from thingdesk.mandates import Terms
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, Refused, refuse

LASTS = timedelta(minutes=15)
_PAUSE = timedelta(seconds=5)
# RFC 8628, 6.1: without vowels no word comes out; 20 letters, eight of them: 2.6 * 10^10 codes
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
_LENGTH = 8
# of one owner, who mistypes; whoever guesses needs some 10^9 tries for one of ten that wait
_TRIES = 10
_WITHIN = timedelta(minutes=10)


async def pair(
    tx: Transaction,
    client: Client,
    asks: Terms,
    surfaces: tuple[Surface, ...],
    address: str = "",
) -> Pairing:
    """Let a client wait for an owner who types the code that it shows; `address` is where it sends
    this from. Raises Refused.
    """
    now = clock.now()
    sender = await sender_with_room(tx, client, address, now)
    letters, secret = ids.letters(_LETTERS, _LENGTH), ids.secret()
    pending = Pending(ids.new(), Asking.PAIR, client.named, asks, surfaces, now + LASTS)
    new = Request(
        pending,
        sender,
        user_code=secret_digest(letters),
        device_code=secret_digest(secret),
        pause=_PAUSE,
    )
    await request_store.add(tx, new, now)
    return Pairing(secret, code_shown(letters), LASTS, int(_PAUSE.total_seconds()))


def code_shown(user_code: str) -> str:
    """A code as the machine shows it, however it was typed; empty where there is nothing of one."""
    letters = _letters(user_code)[:_LENGTH]
    return f"{letters[:4]}-{letters[4:]}" if letters else ""


def _letters(user_code: str) -> str:
    return "".join(one for one in user_code.upper()[:64] if one in _LETTERS)


async def pending(tx: Transaction, user_code: str, by: str = "") -> Pending | None:
    """What waits under a code that somebody typed; None: no such code, or it waits no longer.

    `by` is who types, such as the owner's id. Raises Refused for whoever has tried too often; `tx`
    has to be committed, whatever came of it.
    """
    now = clock.now()
    if await once_store.failures(tx, by, now - _WITHIN) >= _TRIES:
        words = "that were too many wrong codes: try again in ten minutes"
        raise refuse("codes_tried", words, Recovery.RETRY)
    found = await request_store.by_user_code(tx, secret_digest(_letters(user_code)))
    if found is None or found.state != "waiting" or found.pending.expires <= now:
        await once_store.failed(tx, by, now, now - _WITHIN)
        return None
    return found.pending


async def collect(
    tx: Transaction, to: Maker, client: Client, device_code: str, surface: Surface | None
) -> Issued:
    """What the owner has let the client do, once. Raises Refused; `tx` has to be committed even so,
    for how often a client asks is noted.
    """
    found = await request_store.lock_by_device_code(tx, secret_digest(device_code))
    if found is None or found.pending.client.id != client.id or found.state == "used":
        raise errors.not_given()
    now = clock.now()
    if found.state == "denied":
        raise refuse("owner_denied", "the owner said no", Recovery.ASK_OWNER)
    if found.pending.expires <= now:
        words = "nobody typed the code in its time: begin again with a new one"
        raise refuse("pairing_expired", words, Recovery.RETRY)
    if found.state == "waiting":
        raise await _wait(tx, found)
    grant = await grant_store.get(tx, found.grant_id) if found.grant_id else None
    if grant is None:
        raise errors.not_given()
    await request_store.settle(tx, found.pending.id, "used", grant.id)
    return await make_for(tx, to, grant, surface)


async def _wait(tx: Transaction, found: Request) -> Refused:
    """RFC 8628, 3.5: whoever does not keep to the pause has to wait five seconds more each time."""
    now, pause = clock.now(), found.pause or _PAUSE
    early = found.asked_at is not None and now < found.asked_at + pause
    await request_store.note_asked(tx, found.pending.id, now, pause + _PAUSE if early else pause)
    if early:
        return errors.slow_down()
    return refuse("owner_not_asked", "the owner has not answered yet", Recovery.RETRY)
