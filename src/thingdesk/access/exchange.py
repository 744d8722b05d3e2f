"""A narrower token for an own one, or for one's helper: RFC 8693."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from thingdesk import mandates, parties
from thingdesk.access import errors, grant_store, once_store, standing
from thingdesk.access.clients import actor
from thingdesk.access.making import Maker, make
from thingdesk.access.model import Client, Grant, Grounds, Issued, Surface
from thingdesk.access.token import Token
from thingdesk.mandates import Mandate, Narrower, Terms
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, Refused, refuse

ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - a name
JWT = "urn:ietf:params:oauth:token-type:jwt"


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What is shown: a token of the client's own, what the new one is to permit, and where its
    helper is to have it, that one's assertion for this.
    """

    subject: str
    asks: Terms
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What is good for a token that permits something nobody has passed on yet: it rests on
    `grounds`, and takes its owner's turn. `shown` is what came with it and is good once.
    """

    to: Maker
    token: Token
    wanted: Narrower
    grounds: Grounds
    latest: datetime | None
    shown: Sequence[tuple[bytes, datetime]] = ()

    async def make(self, tx: Transaction, narrowed: Mandate) -> Issued:
        token = replace(self.token, mandate_id=narrowed.id)
        return await make(tx, self.to, token, narrowed, self.latest)


async def exchange(
    tx: Transaction, to: Maker, client: Client, shown: Exchanged, surface: Surface | None
) -> Issued | Narrowing:
    """A token for less than the shown one permits. Only whom that was made for can pass it on, and
    where it is bound, only with its key. What a helper gets is bound to the helper's own key.
    It is for a surface that the owner said yes to, and never for MQTT, where nothing is proven with
    each message. Who proves nothing by a key gets no more time than the shown one has left.
    Where the same was not passed on before, `narrow` does the rest. Raises Refused.
    """
    token, mandate = await _own(tx, to, client, shown.subject)
    at = surface or token.surface
    await _check_surface(tx, token, at)
    actors, jkt, keys = token.actors, to.jkt, token.keys
    if shown.actor is not None:
        machine, jkt = await _helper(tx, token, shown.actor, to.base)
        actors, keys = (machine, *actors), (jkt, *keys)
    if to.kid and client.machine and to.kid not in keys:
        keys = (*keys, to.kid)
    now = clock.now()
    new = Token(
        id=ids.new(),
        surface=at,
        client=client.id,
        actors=actors,
        owner_id=token.owner_id,
        made=now,
        until=now,
        grant_id=token.grant_id,
        jkt=jkt,
        keys=keys,
        made_from=(token.id, *token.made_from),
    )
    proven = to.kid is not None or token.jkt is not None
    wanted = Narrower(mandate, actors[0], shown.asks)
    found = Narrowing(to, new, wanted, token.grounds, None if proven else token.until)
    there: Mandate | None = await tx.share(mandates.passed_on, wanted)
    return await found.make(tx, there) if there else found


async def narrow(tx: Transaction, found: Narrowing) -> Issued:
    """The token of an exchange, under a mandate that is passed on for it. Raises Refused, also for
    what ended since it was looked at: nothing of `tx` may stay then.
    """
    parent, machine, asked = found.wanted
    narrowed = await mandates.grant(tx, parent.owner_id, asked, to=machine, parent=parent.id)
    (still,) = await standing.stand(tx, [found.grounds])
    if isinstance(still, Refused):
        raise errors.not_given()
    # last: who shows it meanwhile waits for this commit, and so do all who ask together with them
    if not all(await once_store.take(tx, found.shown)):
        raise errors.shown_before()
    return await found.make(tx, narrowed)


async def _check_surface(tx: Transaction, token: Token, at: Surface) -> None:
    if at is Surface.MQTT:
        raise errors.not_over_mqtt()
    if token.grant_id is None:
        return
    grant: Grant | None = await tx.share(grant_store.get_many, token.grant_id)
    if grant is not None and at not in grant.surfaces:
        raise errors.wrong_surface()


async def _own(tx: Transaction, to: Maker, client: Client, subject: str) -> tuple[Token, Mandate]:
    """The shown token, if it is this client's, and what it permits."""
    mandate: Mandate | None
    try:
        read = standing.read(await parties.desk_key(tx), subject, to.base)
        mandate = await tx.share(standing.stand, read.grounds)
    except Refused as refused:
        raise errors.not_given() from refused
    if client.id not in (read.client, read.machine):
        raise errors.not_given()
    if read.jkt not in (None, to.jkt):
        raise refuse("proof_wrong", "the proof is by another key than the token's")
    if mandate is None and read.owner_id is not None:
        mandate = await tx.share(mandates.mandates_of, read.owner_id)
    if mandate is None or not mandate.is_live(clock.now()):
        words = "there is no mandate that could be passed on: the owner has to give one"
        raise refuse("nothing_to_narrow", words, Recovery.ASK_OWNER)
    return read, mandate


async def _helper(tx: Transaction, token: Token, assertion: str, base: str) -> tuple[str, str]:
    """The machine that made the assertion, and the key by which it did. It must be the same
    owner's: what is done for one is nothing to a machine of another.
    """
    machine, kid = await actor(tx, assertion, base)
    owner = await tx.share(standing.owners, machine)
    if owner is None or owner != token.owner_id:
        words = "the helper acts for somebody else: only machines of the same owner can be given it"
        raise refuse("not_your_machine", words, Recovery.CONTACT_US)
    return machine, kid
