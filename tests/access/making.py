"""Machines, owners, assertions and proofs for the tests: each call makes new ones."""

from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import orjson
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey
from joserfc.jws import JWSRegistry
from tests.parties.making import Signing, an_owner, signing

from thingdesk import access, mandates, parties
from thingdesk.access import Client, Issued, Presented, Surface, TokenRequest
from thingdesk.access.exchange import JWT
from thingdesk.access.proof import digest_of
from thingdesk.access.tokens import ASSERTION, CLIENT_CREDENTIALS, DEVICE, EXCHANGE
from thingdesk.catalog import Catalog
from thingdesk.flow import Flow
from thingdesk.mandates import Terms
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database, Transaction
from thingdesk.platform.money import Money
from thingdesk_machine import Identity

BASE = "https://desk.example.org"
TOKEN_URL = f"{BASE}/oauth/token"
APP = "https://agent.example.com/client.json"
BACK = "https://agent.example.com/back"
FLOW = Flow(Catalog(()), ())
ALL = Terms(services=("*",), per_case=Money(5000, "EUR"), per_period=Money(20000, "EUR"), depth=2)
BASE_TERMS = replace(ALL, services=("vehicle.*", "meter.read"))
LESS = Terms(
    services=("vehicle.*",), per_case=Money(1000, "EUR"), per_period=Money(4000, "EUR"), depth=1
)

Key = OKPKey | ECKey


class _Any(JWSRegistry):
    """Signs by whatever is asked for."""

    def get_alg(self, name: str) -> Any:
        return self.algorithms[name]


def sign(key: Any, header: dict[str, Any], claims: dict[str, Any]) -> str:
    """A compact JWS, by the algorithm that its header says."""
    return jws.serialize_compact(header, orjson.dumps(claims), key, registry=_Any())


def public(key: Any) -> dict[str, Any]:
    return dict(key.as_dict(private=False))


def proof_of(
    key: Key,
    *,
    alg: str = "EdDSA",
    token: str | None = None,
    method: str = "POST",
    url: str = TOKEN_URL,
    typ: str = "dpop+jwt",
    jwk: dict[str, Any] | None = None,
    **changed: Any,
) -> str:
    """A proof of RFC 9449; claims that are changed to None are left out."""
    claims = {
        "htm": method,
        "htu": url,
        "iat": int(clock.now().timestamp()),
        "jti": ids.secret(),
        "ath": digest_of(token) if token else None,
        **changed,
    }
    header = {"typ": typ, "alg": alg, "jwk": jwk or public(key)}
    return sign(key, header, {name: one for name, one in claims.items() if one is not None})


@dataclass
class Asking(Signing):
    """A machine with an owner, which asks for tokens with its own key."""

    owner: UUID = field(default_factory=ids.new)
    base: str = BASE

    @property
    def client(self) -> Client:
        return access.machine_client(self.machine)

    def assertion(self, *, alg: str = "EdDSA", kid: str | None = "", **changed: Any) -> str:
        now = int(clock.now().timestamp())
        claims = {
            "iss": self.machine,
            "sub": self.machine,
            "aud": self.base,
            "iat": now,
            "exp": now + 60,
            "jti": ids.secret(),
            **changed,
        }
        header = {"alg": alg, **({} if kid is None else {"kid": kid or self.kid})}
        return sign(self.key, header, {one: claims[one] for one in claims if claims[one]})

    def actor_token(self) -> str:
        """As the machine-side library makes it."""
        return Identity(self.machine, self.key).actor_token(self.base, clock.now)

    def asks(
        self,
        grant: str = CLIENT_CREDENTIALS,
        *,
        proof: str | None = None,
        at: str = "",
        **form: str,
    ) -> TokenRequest:
        given = {
            "grant_type": grant,
            "client_assertion_type": ASSERTION,
            "client_assertion": self.assertion(),
            **form,
        }
        resources = (f"{self.base}/{at}",) if at else ()
        return TokenRequest(self.client, given, resources, proof)

    def exchanges(self, subject: str, asked: Terms, **more: Any) -> TokenRequest:
        return self.asks(
            EXCHANGE,
            subject_token=subject,
            subject_token_type="urn:ietf:params:oauth:token-type:access_token",
            authorization_details=details(asked),
            **more,
        )


def details(terms: Terms) -> str:
    return orjson.dumps([mandates.as_details(terms)]).decode()


async def a_machine(database: Database, owner: UUID | None = None, kind: str = "press") -> Asking:
    """A machine of this owner, or of a new one."""
    async with database.transaction() as tx:
        owner = owner or await new_owner(tx)
        known = await parties.get_owner(tx, owner)
        assert known is not None
        new = parties.NewOwner(known.email or "", known.name, known.zone)
        made = signing()
        machine = parties.NewMachine(made.machine, kind, "P7", key=made.x, owner=new)
        await parties.register(tx, [machine])
    return Asking(made.machine, made.key, owner)


async def new_owner(tx: Transaction) -> UUID:
    return (await parties.add_owner(tx, an_owner())).id


async def paired(
    database: Database,
    tokens: access.Tokens,
    machine: Asking,
    *,
    key: Key | None = None,
    at: Surface = Surface.HTTP,
    also: tuple[Surface, ...] = (),
    terms: Terms = ALL,
) -> Issued:
    """What the machine gets once its owner has typed its code, for the first of its surfaces."""
    async with database.transaction() as tx:
        shown = await access.pair(tx, machine.client, ALL, (at, *also))
    async with database.transaction() as tx:
        waiting = await access.pending(tx, shown.user_code)
        assert waiting is not None
        await access.confirm(tx, FLOW, waiting.id, machine.owner, terms)
    proof = proof_of(key) if key else None
    return await tokens.make(machine.asks(DEVICE, proof=proof, device_code=shown.device_code))


async def helped(database: Database, tokens: access.Tokens) -> tuple[Asking, Asking, Issued]:
    """A machine, a helper of the same owner, and what the machine was given, to be passed on."""
    machine = await a_machine(database)
    helper = await a_machine(database, machine.owner)
    return machine, helper, await paired(database, tokens, machine, terms=BASE_TERMS)


def shown(
    token: str, key: Key | None = None, *, at: str = "/v1/reports", alg: str = "EdDSA", **more: Any
) -> Presented:
    """The token as it comes with a POST, with a proof where there is a key."""
    if key is None:
        return Presented(token)
    proof = proof_of(key, alg=alg, token=token, url=f"{BASE}{at}", **more)
    return Presented(token, "DPoP", proof, "POST", f"http://10.0.0.1:8080{at}?x=1")


def resigned(token: str, key: Any, header: dict[str, Any], **changed: Any) -> str:
    """The claims of a token, changed, under a signature of somebody else's."""
    claims = orjson.loads(jws.extract_compact(token.encode()).payload)
    return sign(key, header, {**claims, **changed})


def an_app(**changed: Any) -> Client:
    made = Client(f"{APP}?{ids.secret(6)}", "Agent", redirects=(BACK,))
    return replace(made, **changed)


BASE_TERMS = replace(ALL, services=("vehicle.*", "meter.read"))


def for_helper(helper: Asking) -> dict[str, str]:
    """What is shown beside a token that is passed on to another machine."""
    return {"actor_token": helper.actor_token(), "actor_token_type": JWT}
