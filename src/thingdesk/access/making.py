"""Making tokens."""

from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from thingdesk import mandates, parties
from thingdesk.access import errors, grant_store
from thingdesk.access.model import Grant, Issued, Surface
from thingdesk.access.token import TYPE, Token
from thingdesk.mandates import Mandate
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Transaction

_REFRESH_LASTS = timedelta(days=30)


class Maker(NamedTuple):
    """Who gets a token: by which key it proved who it is, and to which key it wants it bound."""

    base: str
    kid: str | None = None
    jkt: str | None = None

    @property
    def proven(self) -> str | None:
        """Both keys in one text; None for who has proven none."""
        return f"{self.kid or ''} {self.jkt or ''}" if self.kid or self.jkt else None


def secret_digest(secret: str) -> bytes:
    """By what a secret that the desk gave away is found again."""
    return sha256(secret.encode(errors="surrogatepass")).digest()


async def make(
    tx: Transaction,
    to: Maker,
    token: Token,
    mandate: Mandate | None,
    latest: datetime | None = None,
) -> Issued:
    """The token, signed: it ends with its mandate, and at `latest` then. Over MQTT nothing can be
    proven with each message, so that what is for it is bound to no key.
    """
    bound = token.jkt is not None and token.surface is not Surface.MQTT
    ends = mandate.terms.ends if mandate else None
    whole_life = token.made + token.surface.lasts
    until = min(one for one in (whole_life, ends, latest) if one is not None)
    whole = replace(token, until=until, jkt=token.jkt if bound else None)
    key = await parties.desk_key(tx)
    signed = key.sign(whole.claims(to.base), TYPE)
    terms = mandate.terms if mandate else None
    return Issued(signed, until - token.made, bound, terms)


async def make_for(
    tx: Transaction,
    to: Maker,
    grant: Grant,
    surface: Surface | None,
    refresh: str | None = None,
) -> Issued:
    """A token of a grant for one of its surfaces, and what renews it: `refresh`, which may have
    been given before, or a new one. Raises Refused.
    """
    wanted = surface or grant.surfaces[0]
    if wanted not in grant.surfaces:
        raise errors.wrong_surface()
    if wanted is Surface.MQTT and not await parties.keyless(tx, [grant.machine]):
        raise errors.not_over_mqtt()
    mandate = await mandates.get(tx, grant.mandate_id)
    now = clock.now()
    if grant.ended_at or mandate is None or not mandate.is_live(now):
        raise errors.not_given()
    token = Token(
        id=ids.new(),
        surface=wanted,
        client=grant.client,
        actors=(grant.machine,),
        owner_id=grant.owner_id,
        made=now,
        until=now,
        mandate_id=mandate.id,
        grant_id=grant.id,
        jkt=to.jkt,
        keys=(to.kid,) if to.kid and grant.client == grant.machine else (),
    )
    issued = await make(tx, to, token, mandate)
    refresh = refresh or ids.secret()
    until = now + _REFRESH_LASTS
    await grant_store.add_refresh(tx, secret_digest(refresh), grant.id, to.jkt, now, until)
    return replace(issued, refresh=refresh)
