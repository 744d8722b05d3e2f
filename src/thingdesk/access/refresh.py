"""Renewing tokens: each one that renews is good once, and gives the next."""

from thingdesk.access import errors, grant_store
from thingdesk.access.end import end_grant
from thingdesk.access.making import Maker, make_for, secret_digest
from thingdesk.access.model import Client, Issued, Surface
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import refuse


async def refresh(
    tx: Transaction, to: Maker, client: Client, token: str, surface: Surface | None
) -> Issued:
    """A new token, and what renews that. Whoever shows the same twice ends the whole family: one of
    the two has stolen it. Raises Refused; `tx` has to be committed even so.
    """
    digest = secret_digest(token)
    found = await grant_store.lock_refresh(tx, digest)
    grant = await grant_store.get(tx, found.grant_id) if found else None
    if found is None or grant is None or grant.client != client.id:
        raise errors.not_given()
    if found.used_at:
        await end_grant(tx, grant.id, "what renews it was shown twice")
        raise errors.not_given()
    if found.jkt not in (None, to.jkt):
        raise refuse("proof_wrong", "the proof is by another key than the token's")
    now = clock.now()
    if found.expires_at <= now:
        raise errors.not_given()
    await grant_store.use_refresh(tx, digest, now)
    return await make_for(tx, to, grant, surface)
