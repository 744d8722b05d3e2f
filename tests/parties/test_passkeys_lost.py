"""Passkeys that are lost, and those that everybody has to have."""

import asyncio

import pytest
from tests.parties.authenticator import Authenticator
from tests.parties.test_passkeys import (
    PLACE,
    half_way,
    kinds,
    options,
    session,
    show,
    with_passkey,
)
from tests.parties.test_staff import PASSWORD, an_account, log_in, whose

from thingdesk import parties
from thingdesk.parties import LoggedIn
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refusal, Refused


async def test_who_lost_theirs_is_helped_and_the_timeline_says_by_whom(database: Database) -> None:
    staff, key = await with_passkey(database)
    token = await half_way(database, staff)
    opened = await show(database, token, key.sign(await options(database, token)))
    assert isinstance(opened, LoggedIn)
    waiting = await half_way(database, staff)
    admin = await an_account(database)
    async with database.transaction() as tx:
        assert await parties.reset_passkeys(tx, staff.id, admin.id) == 1
        assert await parties.reset_passkeys(tx, staff.id, admin.id) == 0
        assert await parties.passkey_asked(tx, waiting, PLACE, "desk") is None
    assert await whose(database, opened.token) is None
    assert isinstance(await log_in(database, staff.email), LoggedIn)
    assert (await kinds(database, staff)).count("staff.passkeys_reset") == 1


async def test_everybody_may_be_required_to_have_one(database: Database) -> None:
    (admin, key), staff = await with_passkey(database), await an_account(database)
    weak = await session(database, staff)
    with pytest.raises(Refused, match="passkey_first"):
        async with database.transaction() as tx:
            await parties.require_passkeys(tx, True, weak, staff.id)
    token = await half_way(database, admin)
    strong = await show(database, token, key.sign(await options(database, token)))
    assert isinstance(strong, LoggedIn)
    async with database.transaction() as tx:
        await parties.require_passkeys(tx, True, strong.token, admin.id)
    try:
        assert await whose(database, weak) is None, "at once"
        assert await whose(database, strong.token)
        token = await half_way(database, staff)
        first = Authenticator()
        async with database.transaction() as tx:
            given = await parties.add_first_passkey(
                tx, token, first.make(await options(database, token)), "Mine", PLACE
            )
        assert isinstance(given, LoggedIn)
        assert await whose(database, given.token)
        async with database.transaction() as tx:
            (one,) = await parties.passkeys_of(tx, staff.id)
            refusal = await parties.remove_passkey(tx, staff, one.id, PASSWORD, "here")
        assert refusal
        assert refusal.code == "last_passkey"
    finally:
        async with database.transaction() as tx:
            await parties.require_passkeys(tx, False, strong.token, admin.id)


async def test_of_those_who_log_in_without_a_passkey_one_adds_the_first(
    database: Database,
) -> None:
    """Whoever knows the password alone cannot add theirs after its owner has."""
    (admin, key), staff = await with_passkey(database), await an_account(database)
    token = await half_way(database, admin)
    strong = await show(database, token, key.sign(await options(database, token)))
    assert isinstance(strong, LoggedIn)
    async with database.transaction() as tx:
        await parties.require_passkeys(tx, True, strong.token, admin.id)
    try:
        tokens = [await half_way(database, staff) for _ in range(4)]
        made = [Authenticator().make(await options(database, one)) for one in tokens]

        async def add_first(token: str, answer: str) -> LoggedIn | Refusal:
            async with database.transaction() as tx:
                return await parties.add_first_passkey(tx, token, answer, "Mine", PLACE)

        both = zip(tokens, made, strict=True)
        came = await asyncio.gather(*(add_first(*one) for one in both))
        assert sum(isinstance(one, LoggedIn) for one in came) == 1
        assert [one.code for one in came if isinstance(one, Refusal)] == ["log_in_again"] * 3
    finally:
        async with database.transaction() as tx:
            await parties.require_passkeys(tx, False, strong.token, admin.id)


async def test_whoever_runs_the_desk_brings_an_account_back(database: Database) -> None:
    staff, _ = await with_passkey(database)
    async with database.transaction() as tx:
        with pytest.raises(Refused, match="staff_unknown"):
            await parties.recover_account(tx, "nobody@example.org")
        token = await parties.recover_account(tx, staff.email.upper())
        await parties.set_up(tx, token, "another password")
    assert isinstance(await log_in(database, staff.email, "another password"), LoggedIn)
    assert "staff.passkeys_reset" in await kinds(database, staff)
