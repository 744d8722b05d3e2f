"""A stolen token is worth nothing without its key: RFC 9449."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from tests.access.making import (
    BASE,
    Key,
    a_machine,
    proof_of,
    public,
    resigned,
    shown,
    sign,
)
from tests.access.refusing import code_of

from thingdesk import parties
from thingdesk.access import Callers, Presented, Surface, Tokens
from thingdesk.access.proof import read_proof
from thingdesk.platform import clock
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refused

REPORTS = f"{BASE}/v1/reports"


def ed25519() -> Key:
    return OKPKey.generate_key("Ed25519")


async def bound(database: Database, tokens: Tokens, key: Key, alg: str = "EdDSA") -> str:
    machine = await a_machine(database)
    made = await tokens.make(machine.asks(proof=proof_of(key, alg=alg)))
    assert made.bound
    return made.token


@pytest.mark.parametrize(
    ("key", "alg"),
    [
        (OKPKey.generate_key("Ed25519"), "EdDSA"),
        (OKPKey.generate_key("Ed25519"), "Ed25519"),
        (ECKey.generate_key("P-256"), "ES256"),
    ],
)
async def test_a_bound_token_goes_with_proofs_by_its_key(
    database: Database, tokens: Tokens, callers: Callers, key: Key, alg: str
) -> None:
    token = await bound(database, tokens, key, alg)
    for _ in range(2):
        assert await callers.recognise(shown(token, key, alg=alg), Surface.HTTP)


async def test_a_stolen_token_is_no_good_without_its_key(
    database: Database, tokens: Tokens, callers: Callers
) -> None:
    token = await bound(database, tokens, ed25519())
    assert await code_of(callers.recognise(Presented(token), Surface.HTTP)) == "proof_missing"
    bare = Presented(token, "dpop", None, "POST", REPORTS)
    assert await code_of(callers.recognise(bare, Surface.HTTP)) == "proof_missing"
    by_thief = shown(token, ed25519())
    assert await code_of(callers.recognise(by_thief, Surface.HTTP)) == "proof_wrong"


async def test_a_proof_is_good_once_for_all_workers(
    database: Database, tokens: Tokens, callers: Callers
) -> None:
    key = ed25519()
    once = shown(await bound(database, tokens, key), key)
    async with Callers(database, BASE) as another:
        said = await asyncio.gather(
            *(one.recognise(once, Surface.HTTP) for one in (callers, another) for _ in range(4)),
            return_exceptions=True,
        )
    assert sum(not isinstance(one, BaseException) for one in said) == 1
    codes = {one.refusal.code for one in said if isinstance(one, Refused)}
    assert codes == {"proof_replayed"}


async def test_a_proof_for_a_token_is_good_once(database: Database, tokens: Tokens) -> None:
    machine, proof = await a_machine(database), proof_of(ed25519())
    assert await tokens.make(machine.asks(proof=proof))
    assert await code_of(tokens.make(machine.asks(proof=proof))) == "proof_replayed"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"method": "GET"}, "proof_wrong"),
        ({"url": f"{BASE}/v1/signals"}, "proof_wrong"),
        ({"url": "https://other.example.org/v1/reports"}, "proof_wrong"),
        ({"url": "http://desk.example.org/v1/reports"}, "proof_wrong"),
        ({"url": "https://user:word@desk.example.org/v1/reports"}, "proof_wrong"),
        ({"url": "https://desk.example.org:0/v1/reports"}, "proof_wrong"),
        ({"htu": 7}, "proof_wrong"),
        ({"ath": "other"}, "proof_wrong"),
        ({"jti": ""}, "proof_wrong"),
        ({"jti": "x" * 300}, "proof_wrong"),
        ({"iat": "now"}, "proof_wrong"),
        ({"iat": 1e300}, "proof_wrong"),
        ({"iat": 1}, "proof_expired"),
        ({"typ": "JWT"}, "proof_unreadable"),
    ],
)
async def test_a_proof_of_something_else_proves_nothing(
    database: Database, tokens: Tokens, callers: Callers, changed: dict[str, Any], code: str
) -> None:
    key = ed25519()
    token = await bound(database, tokens, key)
    proof = proof_of(key, token=token, **{"url": REPORTS, **changed})
    made = Presented(token, "DPoP", proof, "POST", REPORTS)
    assert await code_of(callers.recognise(made, Surface.HTTP)) == code


async def test_a_proof_is_of_now() -> None:
    proof = proof_of(ed25519())
    token_url = f"{BASE}/oauth/token"
    assert read_proof(proof, "POST", token_url, clock.now())
    for off in (timedelta(seconds=-35), timedelta(seconds=65)):
        with pytest.raises(Refused, match="proof_expired"):
            read_proof(proof, "POST", token_url, clock.now() + off)


async def test_no_algorithm_is_chosen_by_a_header(
    database: Database, tokens: Tokens, callers: Callers
) -> None:
    """None, HMAC under the public key, RSA, and one curve's name over another's key."""
    key = ed25519()
    token = await bound(database, tokens, key)
    claims = {"htm": "POST", "htu": REPORTS, "iat": int(clock.now().timestamp()), "jti": "1"}
    rsa = RSAKey.generate_key(2048)
    curve = ECKey.generate_key("P-384")
    secret = OctKey.import_key(str(public(key)["x"]))
    head = {"typ": "dpop+jwt", "jwk": public(key)}
    good = proof_of(key, token=token, url=REPORTS)
    _, body, _ = good.split(".")
    for forged in (
        sign(secret, {**head, "alg": "HS256"}, claims),
        sign(ECKey.generate_key("P-256"), {**head, "alg": "ES256"}, claims),
        sign(rsa, {"typ": "dpop+jwt", "alg": "RS256", "jwk": public(rsa)}, claims),
        sign(curve, {"typ": "dpop+jwt", "alg": "ES384", "jwk": public(curve)}, claims),
        sign(key, {"typ": "dpop+jwt", "alg": "EdDSA", "jwk": key.as_dict(private=True)}, claims),
        sign(key, {"typ": "dpop+jwt", "alg": "EdDSA"}, claims),
        f"eyJhbGciOiJub25lIn0.{body}.",
        "x" * 5000,
    ):
        made = Presented(token, "DPoP", forged, "POST", REPORTS)
        assert await code_of(callers.recognise(made, Surface.HTTP)) == "proof_unreadable"


async def test_no_token_is_made_by_somebody_else(
    database: Database, tokens: Tokens, callers: Callers
) -> None:
    machine = await a_machine(database)
    token = (await tokens.make(machine.asks())).token
    desk_kid = parties.key_id(token)
    secret = OctKey.import_key(machine.x)
    for forged in (
        resigned(token, machine.key, {"alg": "EdDSA", "typ": "at+jwt", "kid": desk_kid}),
        resigned(token, machine.key, {"alg": "EdDSA", "typ": "at+jwt", "kid": machine.kid}),
        resigned(token, secret, {"alg": "HS256", "typ": "at+jwt", "kid": desk_kid}),
    ):
        assert await code_of(callers.recognise(shown(forged), Surface.HTTP)) == "token_unreadable"
    as_own = resigned(token, machine.key, {"alg": "EdDSA", "typ": "JWT", "kid": machine.kid})
    assert await code_of(callers.recognise(shown(as_own), Surface.HTTP)) == "token_claims_wrong"


async def test_an_unbound_token_is_no_bound_one(
    database: Database, tokens: Tokens, callers: Callers
) -> None:
    machine = await a_machine(database)
    token = (await tokens.make(machine.asks())).token
    assert await code_of(callers.recognise(shown(token, ed25519()), Surface.HTTP)) == "proof_wrong"


async def test_a_token_ends_in_its_time(
    database: Database, tokens: Tokens, callers: Callers, turnable: clock.Turnable
) -> None:
    machine = await a_machine(database)
    token = (await tokens.make(machine.asks())).token
    turnable.turn(timedelta(minutes=9))
    assert await callers.recognise(shown(token), Surface.HTTP)
    turnable.turn(timedelta(minutes=1, seconds=1))
    assert await code_of(callers.recognise(shown(token), Surface.HTTP)) == "token_expired"


_TEXT = st.text(max_size=60)


@given(st.one_of(_TEXT, st.tuples(_TEXT, _TEXT, _TEXT).map(".".join)))
def test_whatever_is_shown_as_a_proof_is_refused_and_nothing_else(text: str) -> None:
    with pytest.raises(Refused) as caught:
        read_proof(text, "POST", REPORTS, clock.now())
    assert caught.value.refusal.code == "proof_unreadable"
