"""Ending what was given, from the commit on: RFC 7009; and what of it is good: RFC 7662."""

from datetime import datetime
from typing import Any
from uuid import UUID

from thingdesk import hooks, mandates, parties, timeline
from thingdesk.access import grant_store, once_store, standing
from thingdesk.access.events import AccessEnded, TokenEnded
from thingdesk.access.making import secret_digest
from thingdesk.access.model import Client
from thingdesk.access.token import Token
from thingdesk.mandates import Mandate
from thingdesk.parties import Ended
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Refused


async def end_grant(tx: Transaction, grant_id: UUID, reason: str) -> bool:
    """End all tokens of a grant; whether it had not ended before."""
    owner = await grant_store.end(tx, grant_id, clock.now(), reason)
    if owner is not None:
        timeline.append(tx, f"owner:{owner}", AccessEnded(grant_id, reason))
        tx.notify(parties.CALLERS)
    return owner is not None


async def revoke(tx: Transaction, client: Client, token: str, base: str) -> None:
    """End a token of this client: one that renews others with all of them, another with those made
    from it, and with the addresses that were registered by any of these to be told. Nobody is told
    whether there was one.
    """
    refresh = await grant_store.lock_refresh(tx, secret_digest(token))
    if refresh is not None:
        grant = await grant_store.get(tx, refresh.grant_id)
        if grant and grant.client == client.id:
            await end_grant(tx, grant.id, "revoked by its client")
        return
    try:
        found = standing.read(await parties.desk_key(tx), token, base)
    except Refused:
        return
    if client.id not in (found.client, found.machine):
        return
    if await once_store.end(tx, found.id, found.machine, clock.now(), found.until):
        timeline.append(tx, f"machine:{found.machine}", TokenEnded(found.machine, found.id))
        await hooks.end_of_token(tx, found.id, "the token that registered it was given back")
        tx.notify(parties.CALLERS)


async def ended_for(
    tx: Transaction, after: datetime, beyond: str = "", most: int = 1000
) -> list[Ended]:
    """The tokens and grants of machines that ended after `after`, or then and have an id beyond
    `beyond`, the oldest first: for whoever holds a session of theirs. What lets one act over MQTT
    anew is among them, for what counts there is the newest yes.
    """
    return await grant_store.ended_for(tx, after, beyond, most)


async def introspect(tx: Transaction, client: Client, token: str, base: str) -> dict[str, Any]:
    """What a token of this client is good for, as RFC 7662 says; of another's, that it is not."""
    try:
        found = standing.read(await parties.desk_key(tx), token, base)
    except Refused:
        return {"active": False}
    (mandate,) = await standing.stand(tx, [found.grounds])
    if isinstance(mandate, Refused) or client.id not in (found.client, *found.actors):
        return {"active": False}
    return _described(found, mandate, base)


def _described(token: Token, mandate: Mandate | None, base: str) -> dict[str, Any]:
    claims = token.claims(base)
    shown = ("iss", "aud", "sub", "act", "client_id", "iat", "exp", "jti", "scope", "cnf")
    found = {name: claims[name] for name in shown if name in claims}
    if mandate:
        found["authorization_details"] = [mandates.as_details(mandate.terms)]
    kind = "DPoP" if token.jkt else "Bearer"
    return {"active": True, "token_type": kind, **found}
