"""Where tokens are got: whatever the grant, who asks proves who it is, and shows a proof once."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from thingdesk.access import errors, once_store, standing
from thingdesk.access.asks import asks_of
from thingdesk.access.authorize import Redeemed, redeem
from thingdesk.access.clients import TOKEN_PATH, asserted_as, authenticate
from thingdesk.access.exchange import (
    ACCESS_TOKEN,
    JWT,
    Exchanged,
    Narrowing,
    exchange,
    narrow,
)
from thingdesk.access.making import Maker, make
from thingdesk.access.model import Client, Issued, Surface
from thingdesk.access.pair import collect
from thingdesk.access.proof import read_proof, shown_as
from thingdesk.access.refresh import refresh
from thingdesk.access.token import Token
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database, Transaction
from thingdesk.platform.errors import Refused, refuse
from thingdesk.platform.gather import Gatherer
from thingdesk.platform.metrics import Counter

_ISSUED = Counter("thingdesk.tokens", "Tokens that the desk gave to machines.", "grant")
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
CLIENT_CREDENTIALS = "client_credentials"
CODE = "authorization_code"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
REFRESH = "refresh_token"
_TOGETHER = (CLIENT_CREDENTIALS, EXCHANGE)
GRANTS = (CODE, CLIENT_CREDENTIALS, REFRESH, DEVICE, EXCHANGE)


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """What a client sends for a token: its parameters, each once, but `resources`."""

    client: Client
    form: Mapping[str, str] = field(repr=False)
    resources: tuple[str, ...] = ()
    proof: str | None = field(default=None, repr=False)


def surfaces_at(base: str, resources: Sequence[str]) -> tuple[Surface, ...]:
    """The surfaces at these addresses (RFC 8707). Raises Refused for any other address."""
    known = {one.at(base): one for one in Surface}
    if not all(one.rstrip("/") in known for one in resources):
        raise errors.wrong_surface()
    return tuple(dict.fromkeys(known[one.rstrip("/")] for one in resources))


async def prove(tx: Transaction, asked: TokenRequest, base: str) -> str | None:
    """The key by which the client proved who it is; None for one without. Raises Refused."""
    assertion = asked.form.get("client_assertion")
    if assertion is not None and asked.form.get("client_assertion_type") != ASSERTION:
        raise errors.wrong_client(f"client_assertion_type must be {ASSERTION}")
    return await authenticate(tx, asked.client, assertion, base)


class Tokens:
    """Gives tokens. Open it (`async with`). Who comes by an own key or an own token in the same few
    milliseconds is served together. `base` is the desk's own address.
    """

    def __init__(self, database: Database, base: str) -> None:
        self._database, self._base = database, base
        self._gatherer: Gatherer[TokenRequest, Issued | Refused | Narrowing] = Gatherer(
            database, self._together, kind="tokens"
        )

    async def __aenter__(self) -> Self:
        await self._gatherer.__aenter__()
        return self

    async def __aexit__(self, *details: object) -> None:
        await self._gatherer.__aexit__(*details)

    async def make(self, asked: TokenRequest) -> Issued:
        """A token, or why not: raises Refused."""
        if asked.form.get("grant_type") in _TOGETHER:
            found = await self._gatherer.put(asked)
        else:
            async with self._database.transaction() as tx:
                found = await self._make(tx, asked)
        if isinstance(found, Narrowing):
            return await self._narrow(found)
        if isinstance(found, Refused):
            raise found
        return found

    async def _narrow(self, found: Narrowing) -> Issued:
        """Its owner's turn may be long in coming: the others do not wait for it."""
        try:
            async with self._database.transaction() as tx:
                tx.count(_ISSUED, 1, EXCHANGE.rpartition(":")[2])
                return await narrow(tx, found)
        except Refused:
            async with self._database.transaction() as tx:
                await once_store.take(tx, found.shown)
            raise

    async def _together(
        self, tx: Transaction, asked: Sequence[TokenRequest]
    ) -> list[Issued | Refused | Narrowing]:
        found: dict[int, Issued | Refused | Narrowing] = {}

        async def one(at: int) -> None:
            found[at] = await self._make(tx, asked[at])

        await tx.together([one(at) for at in range(len(asked))])
        return [found[at] for at in range(len(asked))]

    async def _make(self, tx: Transaction, asked: TokenRequest) -> Issued | Refused | Narrowing:
        """What is refused is a value here: that a code was used, or a proof, has to be kept."""
        kind = asked.form.get("grant_type", "")
        try:
            if kind not in GRANTS:
                words = f"grant_type must be one of {', '.join(GRANTS)}"
                raise refuse("grant_type_unknown", words)
            surfaces = surfaces_at(self._base, asked.resources)
            if len(surfaces) > 1:
                raise errors.wrong_surface()
            kid = await prove(tx, asked, self._base)
            to = Maker(self._base, kid, await self._bound_to(tx, asked))
            issued = await _BY_GRANT[kind](tx, to, asked, surfaces[0] if surfaces else None)
        except Refused as refused:
            return refused
        if isinstance(issued, Narrowing):
            # it is used where it is passed on: what fails in between has used up nothing
            return replace(issued, shown=await tx.share(once_store.give_back, _used(asked)))
        tx.count(_ISSUED, 1, kind.rpartition(":")[2])
        return issued

    async def _bound_to(self, tx: Transaction, asked: TokenRequest) -> str | None:
        if asked.proof is None:
            return None
        proof = read_proof(asked.proof, "POST", f"{self._base}{TOKEN_PATH}", clock.now())
        if not await tx.share(once_store.take, (proof.digest, proof.until)):
            raise errors.shown_before()
        return proof.jkt


def _used(asked: TokenRequest) -> list[bytes]:
    """What was good once, of what was proven."""
    assertions = (asked.form.get("client_assertion"), asked.form.get("actor_token"))
    used = [asserted_as(one) for one in assertions if one is not None]
    if asked.proof is not None:
        used.append(shown_as(asked.proof))
    return [one for one in used if one is not None]


async def _by_own_key(
    tx: Transaction, to: Maker, asked: TokenRequest, surface: Surface | None
) -> Issued:
    """For a machine, under the standing mandate of its owner."""
    machine = asked.client.machine
    if machine is None or to.kid is None:
        words = "client_credentials is for machines that the desk knows: let an owner say yes"
        raise refuse("client_unfit", words)
    if "authorization_details" in asked.form:
        words = "by its own key a machine acts under the standing mandate: exchange the token"
        raise refuse("bad_mandate", words)
    owner = await tx.share(standing.owners, machine)
    now = clock.now()
    token = Token(
        id=ids.new(),
        surface=surface or Surface.HTTP,
        client=machine,
        actors=(machine,),
        owner_id=owner,
        made=now,
        until=now,
        jkt=to.jkt,
        keys=(to.kid,),
    )
    return await make(tx, to, token, None)


def _given(asked: TokenRequest, name: str) -> str:
    try:
        return asked.form[name]
    except KeyError:
        raise refuse("parameter_missing", f"send {name}") from None


async def _by_code(
    tx: Transaction, to: Maker, asked: TokenRequest, surface: Surface | None
) -> Issued:
    code, verifier = _given(asked, "code"), _given(asked, "code_verifier")
    shown = Redeemed(code, verifier, asked.form.get("redirect_uri"))
    return await redeem(tx, to, asked.client, shown, surface)


async def _by_pairing(
    tx: Transaction, to: Maker, asked: TokenRequest, surface: Surface | None
) -> Issued:
    return await collect(tx, to, asked.client, _given(asked, "device_code"), surface)


async def _by_refresh(
    tx: Transaction, to: Maker, asked: TokenRequest, surface: Surface | None
) -> Issued:
    return await refresh(tx, to, asked.client, _given(asked, "refresh_token"), surface)


async def _by_exchange(
    tx: Transaction, to: Maker, asked: TokenRequest, surface: Surface | None
) -> Issued | Narrowing:
    form = asked.form
    if _given(asked, "subject_token_type") != ACCESS_TOKEN:
        raise refuse("token_type_unknown", f"subject_token_type must be {ACCESS_TOKEN}")
    if form.get("requested_token_type", ACCESS_TOKEN) != ACCESS_TOKEN:
        raise refuse("token_type_unknown", f"requested_token_type must be {ACCESS_TOKEN}")
    if "actor_token" in form and form.get("actor_token_type") != JWT:
        raise refuse("token_type_unknown", f"actor_token_type must be {JWT}")
    asks = asks_of(form)
    if asks is None:
        raise refuse("parameter_missing", "send authorization_details: what the token is to permit")
    shown = Exchanged(_given(asked, "subject_token"), asks, form.get("actor_token"))
    return await exchange(tx, to, asked.client, shown, surface)


_Grant = Callable[[Transaction, Maker, TokenRequest, Surface | None], Awaitable[Issued | Narrowing]]
_BY_GRANT: Mapping[str, _Grant] = {
    CODE: _by_code,
    CLIENT_CREDENTIALS: _by_own_key,
    REFRESH: _by_refresh,
    DEVICE: _by_pairing,
    EXCHANGE: _by_exchange,
}
