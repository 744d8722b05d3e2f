"""A narrower token for an own one, or for one's helper: RFC 8693."""

from dataclasses import dataclass

from thingdesk import mandates, parties
from thingdesk.access import errors, grant_store, standing
from thingdesk.access.clients import actor
from thingdesk.access.making import Maker, make
from thingdesk.access.model import Client, Issued, Surface
from thingdesk.access.token import Token
from thingdesk.mandates import Mandate, Terms
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


async def exchange(
    tx: Transaction, to: Maker, client: Client, shown: Exchanged, surface: Surface | None
) -> Issued:
    """A token for less than the shown one permits. Only whom that was made for can pass it on, and
    where it is bound, only with its key. What a helper gets is bound to the helper's own key.
    It is for a surface that the owner said yes to, and never for MQTT, where nothing is proven with
    each message. Who proves nothing by a key gets no more time than the shown one has left.
    Raises Refused.
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
    narrowed = await mandates.grant(
        tx, mandate.owner_id, shown.asks, to=actors[0], parent=mandate.id
    )
    now = clock.now()
    new = Token(
        id=ids.new(),
        surface=at,
        client=client.id,
        actors=actors,
        owner_id=token.owner_id,
        made=now,
        until=now,
        mandate_id=narrowed.id,
        grant_id=token.grant_id,
        jkt=jkt,
        keys=keys,
        made_from=(token.id, *token.made_from),
    )
    proven = to.kid is not None or token.jkt is not None
    return await make(tx, to, new, narrowed, None if proven else token.until)


async def _check_surface(tx: Transaction, token: Token, at: Surface) -> None:
    if at is Surface.MQTT:
        raise errors.not_over_mqtt()
    grant = await grant_store.get(tx, token.grant_id) if token.grant_id else None
    if grant is not None and at not in grant.surfaces:
        raise errors.wrong_surface()


async def _own(tx: Transaction, to: Maker, client: Client, subject: str) -> tuple[Token, Mandate]:
    """The shown token, if it is this client's, and what it permits."""
    try:
        read = standing.read(await parties.desk_key(tx), subject, to.base)
        (mandate,) = await standing.stand(tx, [read.grounds])
    except Refused as refused:
        raise errors.not_given() from refused
    if isinstance(mandate, Refused) or client.id not in (read.client, read.machine):
        raise errors.not_given()
    if read.jkt not in (None, to.jkt):
        raise refuse("proof_wrong", "the proof is by another key than the token's")
    if mandate is None and read.owner_id is not None:
        mandate = await mandates.mandate_of(tx, read.owner_id)
    if mandate is None or not mandate.is_live(clock.now()):
        words = "there is no mandate that could be passed on: the owner has to give one"
        raise refuse("nothing_to_narrow", words, Recovery.ASK_OWNER)
    return read, mandate


async def _helper(tx: Transaction, token: Token, assertion: str, base: str) -> tuple[str, str]:
    """The machine that made the assertion, and the key by which it did. It must be the same
    owner's: what is done for one is nothing to a machine of another.
    """
    machine, kid = await actor(tx, assertion, base)
    owned = await parties.ownership_of(tx, machine, clock.now())
    if owned is None or owned.owner_id != token.owner_id:
        words = "the helper acts for somebody else: only machines of the same owner can be given it"
        raise refuse("not_your_machine", words, Recovery.CONTACT_US)
    return machine, kid
