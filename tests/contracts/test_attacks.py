"""Attacks on who calls and for whom, at each door of a desk: HTTP, tickets, MCP, A2A, MQTT."""

from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey
from tests.access.agents import an_agent
from tests.access.ending import ENDS, End
from tests.access.making import ALL, BASE, Asking, a_machine, paired, public, resigned, sign
from tests.contracts.doors import DOORS, PROVING, Doors
from tests.desk import running
from tests.journeys.garage import MISFIRE
from tests.listener import Listener, listening
from tests.saying import a_centre

from thingdesk import parties
from thingdesk.access import Callers, Issued, Presented, Surface, Tokens
from thingdesk.platform.database import Database

AT = {"http": "http", "tickets": "http", "mcp": "mcp", "a2a": "a2a", "mqtt": "mqtt"}
"""The surface of which each door is a part: its tokens are for all of that."""


@pytest.fixture(scope="module")
async def doors(
    tmp_path_factory: pytest.TempPathFactory, database: Database, database_url: str
) -> AsyncIterator[Doors]:
    folder = tmp_path_factory.mktemp("desk") / "desk"
    await a_centre(database)
    async with (
        running(folder, database_url=database_url, public_url=BASE) as desk,
        httpx.AsyncClient(base_url=desk.http, timeout=20) as http,
    ):
        yield Doors(desk, http)
        assert "Traceback" not in desk.log(), desk.log()


@pytest.fixture
async def car(database: Database) -> Asking:
    return await a_machine(database, kind="car")


@pytest.fixture
async def thief(database: Database) -> Asking:
    """A machine of somebody else, with a good key of its own."""
    return await a_machine(database, kind="car")


async def issued(database: Database, car: Asking, at: str, key: OKPKey | None = None) -> Issued:
    async with Tokens(database, BASE) as tokens:
        return await paired(database, tokens, car, key=key, at=Surface(AT[at]), terms=ALL)


async def holder(database: Database, car: Asking, at: str) -> tuple[Asking, Issued]:
    """Who has a token of the desk's for this door: at MQTT none with a key of its own has."""
    if at == "mqtt":
        agent = await an_agent(database, BASE, Surface.MQTT)
        return agent, agent.issued
    return car, await issued(database, car, at)


@pytest.mark.parametrize("at", DOORS)
async def test_who_forges_a_token_is_let_in_nowhere(
    doors: Doors, database: Database, car: Asking, thief: Asking, at: str
) -> None:
    """`alg` none, HMAC under a public key, another curve, and headers that name another key."""
    who, made = await holder(database, car, at)
    good = made.token
    assert await doors.knock(at, car, car.token()) == ""
    assert await doors.knock(at, who, good) == ""
    async with listening() as decoy:
        own, desks = forged(car.token(), car, thief, decoy), forged(good, car, thief, decoy)
        for whose, token in (*((car, one) for one in own), *((who, one) for one in desks)):
            code = await doors.knock(at, whose, token)
            assert code.startswith("token_"), token
        assert decoy.requests.empty(), "a key was fetched from where a header said"


def forged(good: str, car: Asking, thief: Asking, decoy: Listener) -> list[str]:
    kid = parties.key_id(good)
    typ = "JWT" if kid == car.kid else "at+jwt"
    head = {"alg": "EdDSA", "typ": typ, "kid": kid}
    own = public(thief.key)
    curve = ECKey.generate_key("P-256")
    chain = [b64encode(b"no certificate").decode()]
    _, body, signature = good.split(".")
    none = "eyJhbGciOiJub25lIn0"
    named: list[dict[str, Any]] = [
        {},
        {"jwk": own},
        {"jku": decoy.url},
        {"x5u": decoy.url},
        {"x5c": chain},
        {"jwk": own, "jku": decoy.url, "x5u": decoy.url, "x5t#S256": "a"},
    ]
    return [
        f"{none}.{body}.",
        f"{none}.{body}.{signature}",
        resigned(good, OctKey.import_key(car.x), {**head, "alg": "HS256"}),
        resigned(good, OctKey.import_key(thief.x), {**head, "alg": "HS256"}),
        resigned(good, curve, {**head, "alg": "ES256"}),
        resigned(good, curve, {**head, "alg": "ES256", "jwk": public(curve)}),
        *(resigned(good, thief.key, {**head, **more}) for more in named),
        resigned(good, thief.key, {"alg": "EdDSA", "typ": typ, "kid": thief.kid}),
        resigned(good, thief.key, {"alg": "EdDSA", "typ": typ, "kid": f"../{kid}", "jwk": own}),
        sign(thief.key, {**head, "jwk": own}, {}),
    ]


@pytest.mark.parametrize("at", DOORS)
async def test_a_token_for_one_surface_opens_no_other(
    doors: Doors, database: Database, car: Asking, at: str
) -> None:
    for other in DOORS:
        who, made = await holder(database, car, other)
        code = await doors.knock(at, who, made.token)
        assert code == ("" if AT[other] == AT[at] else REFUSED[at]), other
    assert await doors.knock(at, car, car.token(aud=f"{BASE}/{at}")) in WRONG
    assert await doors.knock(at, car, car.token(aud="https://other.example.org")) in WRONG


REFUSED = dict.fromkeys(PROVING, "token_elsewhere") | {"mqtt": "token_refused"}
WRONG = ("token_claims_wrong", "token_refused")


@pytest.mark.parametrize("at", PROVING)
async def test_a_stolen_token_is_no_good_without_its_key_and_a_proof_is_good_once(
    doors: Doors, database: Database, car: Asking, thief: Asking, at: str
) -> None:
    key = OKPKey.generate_key("Ed25519")
    token = (await issued(database, car, at, key)).token
    assert await doors.knock(at, car, token) == "proof_missing"
    assert await doors.knock(at, car, token, thief.key) == "proof_wrong"
    assert await doors.knock(at, car, token, key, jti="one") == ""
    assert await doors.knock(at, car, token, key, jti="one") == "proof_replayed"
    assert await doors.knock(at, car, token, key, method="PUT") == "proof_wrong"
    assert await doors.knock(at, car, token, key, url=f"{BASE}/v1/elsewhere") == "proof_wrong"
    other = (await issued(database, car, at, key)).token
    assert await doors.knock(at, car, token, key, ath=other) == "proof_wrong"


ENDED = [
    pytest.param(end, at, id=f"{name}-{at}")
    for name, (end, _) in ENDS.items()
    for at in DOORS
    if (name, at) != ("key", "mqtt")  # who has a token there has no key
]


@pytest.mark.parametrize(("end", "at"), ENDED)
async def test_what_was_revoked_opens_nothing_from_then_on(
    doors: Doors, database: Database, car: Asking, end: End, at: str
) -> None:
    who, made = await holder(database, car, at)
    async with Callers(database, BASE) as callers:
        caller = await callers.recognise(Presented(made.token), Surface(AT[at]))
    assert await doors.knock(at, who, made.token) == ""
    await end(database, who, made, caller)
    code = await doors.knock(at, who, made.token)
    assert code in ("token_ended", "token_key_revoked", "token_refused")


@pytest.mark.parametrize("at", DOORS)
async def test_nobody_asks_for_the_machine_of_somebody_else(
    doors: Doors, car: Asking, thief: Asking, at: str
) -> None:
    assert await doors.ask_for(at, thief, car.machine, MISFIRE) == "not_your_machine"
    assert await doors.ask_for(at, car, car.machine, MISFIRE) == ""


@pytest.mark.parametrize("at", DOORS)
async def test_a_name_is_not_taken_by_another_machine(
    doors: Doors, car: Asking, thief: Asking, at: str
) -> None:
    """A token is its signer's, whatever it says of itself."""
    for token in (
        thief.token(sub=car.machine, iss=car.machine),
        thief.token(kid=car.kid),
        replace(thief, machine=car.machine).token(),
    ):
        assert (await doors.knock(at, car, token)).startswith("token_")
