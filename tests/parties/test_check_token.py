import asyncio
import json
from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import OKPKey
from tests.parties.making import Signing, registered, signing, unique

from thingdesk import parties
from thingdesk.platform import clock
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refused


async def check(database: Database, token: str) -> str:
    async with database.transaction() as tx:
        (found,) = await parties.check_tokens(tx, [token])
    if isinstance(found, Refused):
        raise found
    return found


async def code(database: Database, token: str) -> str:
    with pytest.raises(Refused) as caught:
        await check(database, token)
    return caught.value.refusal.code


async def test_a_machine_is_known_by_its_token(database: Database) -> None:
    machine = await registered(database)
    assert await check(database, machine.token()) == machine.machine
    assert await check(database, machine.token(aud=["thingdesk"])) == machine.machine


@pytest.mark.parametrize(
    "changed",
    [
        {"sub": "other"},
        {"iss": "other"},
        {"iss": None},
        {"aud": "elsewhere"},
        {"aud": ["thingdesk", "elsewhere"]},
        {"aud": None},
        {"exp": None},
        {"iat": "now"},
        {"iat": True},
        {"exp": 1e300},
    ],
)
async def test_wrong_claims_are_refused(database: Database, changed: dict[str, Any]) -> None:
    machine = await registered(database)
    assert await code(database, machine.token(**changed)) == "token_claims_wrong"


async def test_a_token_lives_ten_minutes_at_most(database: Database) -> None:
    machine = await registered(database)
    now = int(clock.now().timestamp())
    assert await code(database, machine.token(iat=now, exp=now + 601)) == "token_claims_wrong"
    assert await code(database, machine.token(iat=now, exp=now)) == "token_claims_wrong"
    token = machine.token()
    turnable = clock.Turnable()
    with clock.reading(turnable):
        turnable.turn(timedelta(seconds=590))
        assert await check(database, token) == machine.machine
        turnable.turn(timedelta(seconds=41))
        assert await code(database, token) == "token_expired"


async def test_a_machine_whose_clock_is_off_is_told_the_time(database: Database) -> None:
    machine = await registered(database)
    now = int(clock.now().timestamp())
    with pytest.raises(Refused) as caught:
        await check(database, machine.token(iat=now + 3600, exp=now + 3700))
    assert caught.value.refusal.code == "token_expired"
    assert f"{clock.now():%Y-%m-%dT}" in caught.value.refusal.fields[0].mend


async def test_a_revoked_key_is_refused_at_once(database: Database) -> None:
    machine = await registered(database)
    token = machine.token()
    assert await check(database, token) == machine.machine
    async with database.transaction() as tx:
        await parties.revoke_key(tx, machine.kid, "cloned")
    assert await code(database, token) == "token_key_revoked"


async def test_an_unknown_key_is_refused(database: Database) -> None:
    assert await code(database, signing().token()) == "token_key_unknown"


async def test_the_key_of_another_machine_proves_nothing(database: Database) -> None:
    mine, other = await registered(database), await registered(database)
    # signed with my key, but saying that it is the other's
    assert await code(database, mine.token(kid=other.kid)) == "token_unreadable"
    # and, with my own kid, saying that I am the other
    forged = mine.token(sub=other.machine, iss=other.machine)
    assert await code(database, forged) == "token_claims_wrong"


async def test_only_eddsa_is_read(database: Database) -> None:
    machine = await registered(database)
    assert await code(database, machine.hmac_token()) == "token_unreadable"
    assert await code(database, machine.renamed_token()) == "token_unreadable"
    head, body, signature = machine.token().split(".")
    none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"
    for broken in (f"{none}.{body}.", f"{head}.{body}.", f"{head}.{body}.{signature[:-4]}AAAA"):
        assert await code(database, broken) == "token_unreadable"
    assert await code(database, machine.token(typ="thingdesk-link+jwt")) == "token_unreadable"


@pytest.mark.parametrize(
    "token", ["", ".", "..", "a.b.c", "é.é.é", "\ud800", "x" * 5000, "\0.\0.\0", "e30.e30.e30"]
)
async def test_what_is_no_token_is_refused(database: Database, token: str) -> None:
    assert await code(database, token) == "token_unreadable"


@pytest.mark.parametrize("kid", ["a\0b", "\ud800", "", "k" * 200, "a b"])
async def test_a_kid_that_no_table_can_be_asked_for_is_refused(
    database: Database, kid: str
) -> None:
    _, claims, signature = signing().token().split(".")
    said = json.dumps({"alg": "EdDSA", "typ": "JWT", "kid": kid}).encode()
    header = urlsafe_b64encode(said).decode().rstrip("=")
    assert await code(database, f"{header}.{claims}.{signature}") == "token_unreadable"


async def test_a_machine_may_have_a_second_key(database: Database) -> None:
    machine = await registered(database)
    second = Signing(machine.machine, OKPKey.generate_key("Ed25519"))
    async with database.transaction() as tx:
        assert await parties.add_key(tx, machine.machine, second.x) == second.kid
        assert await parties.add_key(tx, machine.machine, second.x) == second.kid
        await parties.revoke_key(tx, machine.kid, "rotated")
        await parties.revoke_key(tx, machine.kid, "again")
        assert await parties.recognised(tx, [machine.machine, "nobody"]) == {machine.machine}
    assert await check(database, second.token()) == machine.machine
    async with database.transaction() as tx:
        keys = await parties.keys_of(tx, machine.machine)
        assert {key.kid: key.reason for key in keys} == {second.kid: None, machine.kid: "rotated"}
        await parties.revoke_key(tx, second.kid, "lost")
        assert await parties.recognised(tx, [machine.machine]) == frozenset()


async def test_a_key_is_one_machines_for_ever(database: Database) -> None:
    mine, other = await registered(database), await registered(database)
    async with database.transaction() as tx:
        with pytest.raises(Refused, match="key_in_use"):
            await parties.add_key(tx, other.machine, mine.x)
        await parties.revoke_key(tx, mine.kid, "cloned")
        with pytest.raises(Refused, match="key_revoked"):
            await parties.add_key(tx, mine.machine, mine.x)
        with pytest.raises(Refused, match="machine_unknown"):
            await parties.add_key(tx, unique("nobody"), signing().x)
        with pytest.raises(Refused, match="key_unknown"):
            await parties.revoke_key(tx, "no such kid", "")


async def test_who_holds_sessions_hears_of_a_revocation(database: Database) -> None:
    machine = await registered(database)
    before = clock.now()
    heard = asyncio.Event()
    async with database.listening(parties.CALLERS, heard.set):
        async with database.transaction() as tx:
            await parties.revoke_key(tx, machine.kid, "cloned")
        await asyncio.wait_for(heard.wait(), 60)
    async with database.transaction() as tx:
        found = await parties.revocations(tx, before)
    assert [key.machine for key in found] == [machine.machine]
