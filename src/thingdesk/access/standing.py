"""Whether callers may still call, by what they rest on as it is now."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any
from uuid import UUID

from thingdesk import mandates, parties
from thingdesk.access import errors, grant_store, once_store, token
from thingdesk.access.model import Caller, Grounds
from thingdesk.access.token import Token
from thingdesk.mandates import Mandate
from thingdesk.parties import DeskKey, Unreadable
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, Refused, refuse


def read(key: DeskKey, text: str, base: str) -> Token:
    """The token that the desk at `base` signed, if its time is not over. Raises Refused."""
    try:
        found = token.read(_verified(key, text), base)
    except (Unreadable, ValueError) as error:
        raise refuse("token_unreadable", f"the token cannot be read: {error}") from error
    if clock.now() >= found.until:
        raise refuse("token_expired", "the token's time is over: get a new one", Recovery.RETRY)
    return found


# its signature stays good; its time, and what it rests on, is looked at each time
@lru_cache(maxsize=10_000)
def _verified(key: DeskKey, text: str) -> dict[str, Any]:
    return key.verify(text, token.TYPE)


async def stand(tx: Transaction, asked: Sequence[Grounds]) -> list[Mandate | Refused | None]:
    """Of each the mandate that it is for, as it is now, or why it is good no longer; by one look
    for all of them.
    """
    if not asked:
        return []
    now = clock.now()
    ended = await once_store.ended(tx, {id_ for one in asked for id_ in one.tokens})
    grants = await grant_store.live(tx, {one.grant_id for one in asked if one.grant_id})
    keys = await parties.keys_named(tx, sorted({kid for one in asked for kid in one.keys}))
    given = await mandates.get_many(tx, {one.mandate_id for one in asked if one.mandate_id})
    machines = sorted({machine for one in asked for machine in one.machines})
    owned = await parties.ownerships_of(tx, [(machine, now) for machine in machines])
    owners = {one.machine: one.owner_id for one in owned if one}

    def of(one: Grounds) -> Mandate | Refused | None:
        mandate = given.get(one.mandate_id) if one.mandate_id else None
        if any(kid not in keys or keys[kid].revoked_at for kid in one.keys):
            return refuse("token_key_revoked", "the token's key was revoked", Recovery.CONTACT_US)
        gone = (
            not ended.isdisjoint(one.tokens)
            or (one.grant_id is not None and one.grant_id not in grants)
            or any(owners.get(machine) != one.owner_id for machine in one.machines)
            or (one.mandate_id is not None and (mandate is None or not mandate.is_live(now)))
        )
        return errors.token_ended() if gone else mandate

    return [of(one) for one in asked]


async def owners(tx: Transaction, machines: Sequence[str]) -> list[UUID | None]:
    """Whose each of them is now."""
    now = clock.now()
    owned = await parties.ownerships_of(tx, [(one, now) for one in machines])
    return [one.owner_id if one else None for one in owned]


async def again(tx: Transaction, callers: Sequence[Caller]) -> list[Caller | Refused]:
    """The same callers with their mandates as they are now, or why they may not go on."""
    found = await stand(tx, [one.grounds for one in callers])
    return [
        mandate if isinstance(mandate, Refused) else replace(one, mandate=mandate)
        for one, mandate in zip(callers, found, strict=True)
    ]
