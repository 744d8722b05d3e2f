"""Renewing tokens: each one that renews is good once, and gives the next."""

from datetime import datetime, timedelta
from hashlib import sha256
from hmac import digest

from thingdesk import parties
from thingdesk.access import errors, grant_store
from thingdesk.access.end import end_grant
from thingdesk.access.grant_store import Refresh
from thingdesk.access.making import Maker, make_for, secret_digest
from thingdesk.access.model import Client, Issued, Surface
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import refuse

REPEATS = timedelta(days=1)
"""How long the answer may be asked for once more. A connection that breaks may stay so for a night
in a garage; RFC 9700, 4.14.2, asks for no rotation at all where a key is proven.
"""


async def refresh(
    tx: Transaction, to: Maker, client: Client, token: str, surface: Surface | None
) -> Issued:
    """A new token, and what renews that. Who proves the very keys may do the last one again, for
    its answer may be lost, and gets the same that renews. Whoever else shows one twice ends the
    whole family: one of the two has stolen it. Raises Refused; `tx` has to be committed even so.
    """
    shown = secret_digest(token)
    found = await grant_store.lock_refresh(tx, shown)
    grant = await grant_store.get(tx, found.grant_id) if found else None
    if found is None or grant is None or grant.client != client.id:
        raise errors.not_given()
    now = clock.now()
    following = await _following(tx, to, token)
    if found.used_at and not await _may_repeat(tx, to, found, following, now):
        await end_grant(tx, grant.id, "what renews it was shown twice")
        raise errors.not_given()
    if found.jkt not in (None, to.jkt):
        raise refuse("proof_wrong", "the proof is by another key than the token's")
    if found.expires_at <= now:
        raise errors.not_given()
    if not found.used_at:
        await grant_store.use_refresh(tx, shown, now, to.proven)
    return await make_for(tx, to, grant, surface, following)


async def _following(tx: Transaction, to: Maker, token: str) -> str:
    """What renews after `token`. For who proves a key it is the same each time, and nobody but the
    desk can tell it from `token`; so there is one, however often the answer is lost.
    """
    if to.proven is None:
        return ids.secret()
    secret = (await parties.desk_key(tx)).secret("renewing tokens")
    return digest(secret, token.encode(errors="surrogatepass"), sha256).hex()


async def _may_repeat(
    tx: Transaction, to: Maker, found: Refresh, following: str, now: datetime
) -> bool:
    """Whether who used it proves the same keys again, in time, and before using what came of it."""
    if to.proven is None or found.used_by != to.proven or found.used_at is None:
        return False
    after = await grant_store.lock_refresh(tx, secret_digest(following))
    return now <= found.used_at + REPEATS and (after is None or after.used_at is None)
