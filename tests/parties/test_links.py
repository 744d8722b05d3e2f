import asyncio
from datetime import timedelta

import pytest
from tests.links import subject_of
from tests.parties.making import registered

from thingdesk import parties
from thingdesk.parties.signatures import Unreadable
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refused

HOUR = timedelta(hours=1)


async def the_key(database: Database) -> parties.DeskKey:
    async with database.transaction() as tx:
        return await parties.desk_key(tx)


async def test_all_processes_sign_with_one_key(database: Database, database_url: str) -> None:
    others = [await Database.connect(database_url, most=1) for _ in range(4)]
    keys = await asyncio.gather(*(the_key(other) for other in others))
    assert {key.kid for key in (*keys, await the_key(database))} == {keys[0].kid}
    assert [jwk["kid"] for jwk in keys[0].public_jwks] == [keys[0].kid]
    assert not any("d" in jwk for jwk in keys[0].public_jwks)
    for other in others:
        await other.close()


async def test_a_key_that_was_not_committed_is_not_kept(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute("delete from desk_key")
    database._kept.clear()
    seen: list[parties.DeskKey] = []

    async def lose() -> None:
        async with database.transaction() as tx:
            seen.append(await parties.desk_key(tx))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await lose()
    assert (await the_key(database)).kid != seen[0].kid
    again = await the_key(database)
    assert again is await the_key(database)


async def test_the_desk_signs_and_knows_its_signature(database: Database) -> None:
    key = await the_key(database)
    signed = key.sign({"iss": "thingdesk", "sub": "press-1"}, "thingdesk-receipt+jwt")
    assert key.verify(signed, "thingdesk-receipt+jwt")["sub"] == "press-1"
    with pytest.raises(Unreadable):
        key.verify(signed, "thingdesk-link+jwt")
    with pytest.raises(Unreadable):
        key.verify((await registered(database)).token(), "JWT")


async def test_a_link_is_for_one_purpose_and_ends(database: Database) -> None:
    key, subject = await the_key(database), ids.new()
    token = parties.sign_link(key, "decision", subject, clock.now() + HOUR)
    assert await subject_of(database, "decision", token) == subject
    with pytest.raises(Refused, match="link_unreadable"):
        await subject_of(database, "job", token)
    turnable = clock.Turnable()
    with clock.reading(turnable):
        turnable.turn(HOUR)
        with pytest.raises(Refused, match="link_expired"):
            await subject_of(database, "decision", token)


async def test_what_the_desk_did_not_sign_is_no_link(database: Database) -> None:
    key = await the_key(database)
    machine = await registered(database)
    forged = machine.token(kid=key.kid, typ="thingdesk-link+jwt", aud="decision")
    receipt = key.sign({"aud": "decision", "sub": str(ids.new()), "exp": 10**11}, "other")
    good = parties.sign_link(key, "decision", ids.new(), clock.now() + HOUR)
    for token in ("", "a.b.c", forged, receipt, good[:-8] + "AAAAAAAA"):
        with pytest.raises(Refused, match="link_unreadable"):
            await subject_of(database, "decision", token)
