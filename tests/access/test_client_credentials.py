"""A machine gets tokens by its own key: RFC 7523."""

import asyncio
from datetime import timedelta
from typing import Any

import orjson
import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, OKPKey
from tests.access.making import BASE, a_machine, an_app, details, proof_of, shown, sign
from tests.access.refusing import code_of

from thingdesk import access, parties
from thingdesk.access import Caller, Callers, Issued, Surface, TokenRequest, Tokens
from thingdesk.access.tokens import ASSERTION, CLIENT_CREDENTIALS
from thingdesk.mandates import Terms
from thingdesk.platform import clock
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refused


async def test_a_machine_gets_a_token_for_one_surface(
    database: Database, tokens: Tokens, callers: Callers
) -> None:
    machine = await a_machine(database)
    issued = await tokens.make(machine.asks(at="mcp"))
    assert issued.lasts == timedelta(minutes=10)
    found = await callers.recognise(shown(issued.token), Surface.MCP)
    assert found == Caller(machine.machine, machine.owner, None)
    for other in set(Surface) - {Surface.MCP}:
        assert await code_of(callers.recognise(shown(issued.token), other)) == "token_elsewhere"


async def test_a_token_for_mqtt_lives_longer_and_is_no_proof_s(
    database: Database, tokens: Tokens, callers: Callers
) -> None:
    machine = await a_machine(database)
    key = OKPKey.generate_key("Ed25519")
    issued = await tokens.make(machine.asks(at="mqtt", proof=proof_of(key)))
    assert (issued.lasts, issued.bound) == (timedelta(hours=24), False)
    assert await callers.recognise(shown(issued.token), Surface.MQTT)


async def test_many_at_once_get_each_their_own(database: Database, tokens: Tokens) -> None:
    machines = [await a_machine(database) for _ in range(5)]
    wrong = machines[0].asks(client_assertion="nonsense")
    said = await asyncio.gather(
        *(tokens.make(one.asks()) for one in machines), tokens.make(wrong), return_exceptions=True
    )
    issued = [one.token for one in said if isinstance(one, Issued)]
    assert len(set(issued)) == len(machines)
    assert isinstance(said[-1], Refused)


async def test_an_assertion_is_good_once(database: Database, tokens: Tokens) -> None:
    machine = await a_machine(database)
    request = machine.asks()
    assert await tokens.make(request)
    assert await code_of(tokens.make(request)) == "client_unproven"
    twice = machine.asks()
    said = await asyncio.gather(*(tokens.make(twice) for _ in range(4)), return_exceptions=True)
    assert sum(not isinstance(one, Exception) for one in said) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "other"},
        {"sub": "other"},
        {"aud": "https://other.example.org"},
        {"aud": [BASE, "https://other.example.org"]},
        {"aud": None},
        {"exp": None},
        {"exp": 1},
        {"exp": 1 << 40},
        {"nbf": 1 << 40},
        {"iat": 1 << 40},
        {"jti": None},
        {"jti": 7},
        {"jti": "x" * 300},
    ],
)
async def test_an_assertion_that_claims_something_else_proves_nothing(
    database: Database, tokens: Tokens, changed: dict[str, Any]
) -> None:
    machine = await a_machine(database)
    request = machine.asks(client_assertion=machine.assertion(**changed))
    assert await code_of(tokens.make(request)) == "client_unproven"


async def test_the_new_name_of_its_algorithm_and_no_kid_do_as_well(
    database: Database, tokens: Tokens
) -> None:
    machine = await a_machine(database)
    assertion = machine.assertion(alg="Ed25519", kid=None, aud=[f"{BASE}/oauth/token"])
    assert await tokens.make(machine.asks(client_assertion=assertion))


async def test_no_other_algorithm_is_read(database: Database, tokens: Tokens) -> None:
    machine = await a_machine(database)
    good = machine.assertion()
    claims = jws.extract_compact(good.encode()).payload
    public = OctKey.import_key(machine.x)
    hmac = {"alg": "HS256", "kid": machine.kid}
    ec = ECKey.generate_key("P-256")
    curve = {"alg": "ES256", "kid": machine.kid}
    own = OKPKey.generate_key("Ed25519")
    named = own.as_dict(private=False)
    _, body, signature = good.split(".")
    none = "eyJhbGciOiJub25lIn0"
    for forged in (
        jws.serialize_compact(hmac, claims, public, algorithms=["HS256"]),
        jws.serialize_compact(curve, claims, ec, algorithms=["ES256"]),
        sign(own, {"alg": "EdDSA", "kid": machine.kid, "jwk": named}, orjson.loads(claims)),
        f"{none}.{body}.",
        f"{none}.{body}.{signature}",
        f"{good}x",
        "é.é.é",
        "x" * 5000,
    ):
        request = machine.asks(client_assertion=forged)
        assert await code_of(tokens.make(request)) == "client_unproven"


async def test_one_machine_gets_nothing_as_another(database: Database, tokens: Tokens) -> None:
    mine, other = await a_machine(database), await a_machine(database)
    # signed by my key, with my kid and with the other's, saying that I am the other
    for kid in (mine.kid, other.kid, None):
        forged = mine.assertion(iss=other.machine, sub=other.machine, kid=kid)
        request = TokenRequest(other.client, mine.asks(client_assertion=forged).form)
        assert await code_of(tokens.make(request)) == "client_unproven"


async def test_a_revoked_key_gets_nothing_and_what_it_got_is_good_no_more(
    database: Database, tokens: Tokens, callers: Callers
) -> None:
    machine = await a_machine(database)
    issued = await tokens.make(machine.asks())
    assert await callers.recognise(shown(issued.token), Surface.HTTP)
    async with database.transaction() as tx:
        await parties.revoke_key(tx, machine.kid, "stolen")
    refused = await code_of(callers.recognise(shown(issued.token), Surface.HTTP))
    assert refused == "token_key_revoked"
    assert await code_of(tokens.make(machine.asks())) == "client_unproven"
    without = machine.asks(client_assertion=machine.assertion(kid=None))
    assert await code_of(tokens.make(without)) == "client_unproven"


async def test_a_machine_that_was_sold_speaks_for_its_former_owner_no_more(
    database: Database, tokens: Tokens, callers: Callers
) -> None:
    machine, other = await a_machine(database), await a_machine(database)
    issued = await tokens.make(machine.asks())
    async with database.transaction() as tx:
        await parties.transfer(tx, machine.machine, other.owner, clock.now())
    assert await code_of(callers.recognise(shown(issued.token), Surface.HTTP)) == "token_ended"


async def test_an_application_has_no_key_of_ours(tokens: Tokens) -> None:
    request = TokenRequest(an_app(), {"grant_type": CLIENT_CREDENTIALS})
    assert await code_of(tokens.make(request)) == "client_unfit"


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"grant_type": "password"}, "grant_type_unknown"),
        ({"client_assertion_type": "other"}, "client_unproven"),
        ({"authorization_details": "[]"}, "bad_mandate"),
    ],
)
async def test_what_else_is_asked_for_is_refused(
    database: Database, tokens: Tokens, form: dict[str, str], code: str
) -> None:
    machine = await a_machine(database)
    asked = machine.asks()
    request = TokenRequest(asked.client, {**asked.form, **form})
    assert await code_of(tokens.make(request)) == code


async def test_a_token_is_for_one_of_our_own_places(database: Database, tokens: Tokens) -> None:
    machine = await a_machine(database)
    for resources in (
        (f"{BASE}/v1", f"{BASE}/mcp"),
        (f"{BASE}/elsewhere",),
        ("https://other.example.org/v1",),
        (f"{BASE}.example.com/v1",),
    ):
        request = TokenRequest(machine.client, machine.asks().form, resources)
        assert await code_of(tokens.make(request)) == "resource_unknown"


async def test_who_does_not_sign_gets_nothing(database: Database, tokens: Tokens) -> None:
    machine = await a_machine(database)
    request = TokenRequest(machine.client, {"grant_type": CLIENT_CREDENTIALS})
    assert await code_of(tokens.make(request)) == "client_unproven"
    assert ASSERTION.endswith("jwt-bearer")


def test_what_a_stranger_asks_for_is_short() -> None:
    """It is kept until an owner answers, or a day."""
    services = [f"{number:03}{'x' * 70}" for number in range(100)]
    asked = details(Terms(services=tuple(services)))
    assert access.asks_of({"authorization_details": asked})
    longer = details(Terms(services=tuple(services), providers=tuple(services)))
    with pytest.raises(Refused, match="bytes at most"):
        access.asks_of({"authorization_details": longer})
