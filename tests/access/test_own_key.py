"""A machine that calls by a token that it signed itself."""

import asyncio

import pytest
from tests.parties.making import an_owner, registered, signing, unique

from thingdesk import parties
from thingdesk.access import Caller, Callers, Presented, Surface
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refused

BASE = "https://desk.example.org"


@pytest.mark.parametrize("surface", Surface)
async def test_its_own_token_is_good_at_each_surface(database: Database, surface: Surface) -> None:
    machine = await registered(database)
    async with Callers(database, BASE) as callers:
        found = await callers.recognise(Presented(machine.token()), surface)
    assert found == Caller(machine.machine)


async def test_a_caller_has_the_owner_of_now(database: Database) -> None:
    made = signing()
    async with database.transaction() as tx:
        owner = await parties.add_owner(tx, an_owner())
        new = parties.NewOwner(owner.email or "", owner.name, owner.zone)
        machine = parties.NewMachine(made.machine, "press", "P7", key=made.x, owner=new)
        await parties.register(tx, [machine])
    async with Callers(database, BASE) as callers:
        found = await callers.recognise(Presented(made.token()), Surface.MCP)
    assert found == Caller(made.machine, owner.id, None)


async def test_callers_are_recognised_together_each_for_itself(database: Database) -> None:
    one, other = await registered(database), await registered(database)
    tokens = [one.token(), "no token", other.token(), signing().token(), one.token(aud="else")]
    async with Callers(database, BASE) as callers:
        said = await asyncio.gather(
            *(callers.recognise(Presented(token), Surface.HTTP) for token in tokens),
            return_exceptions=True,
        )
    codes = [one.refusal.code if isinstance(one, Refused) else one for one in said]
    assert codes == [
        Caller(one.machine),
        "token_unreadable",
        Caller(other.machine),
        "token_key_unknown",
        "token_claims_wrong",
    ]


async def test_a_token_that_was_good_is_not_when_its_key_is_revoked(database: Database) -> None:
    machine = await registered(database)
    shown = Presented(machine.token())
    async with Callers(database, BASE) as callers:
        assert (await callers.recognise(shown, Surface.HTTP)).machine == machine.machine
        async with database.transaction() as tx:
            await parties.revoke_key(tx, machine.kid, "lost")
        with pytest.raises(Refused) as caught:
            await callers.recognise(shown, Surface.HTTP)
    assert caught.value.refusal.code == "token_key_revoked"


async def test_a_token_longer_than_any_waits_for_no_database(database: Database) -> None:
    """Callers that nobody opened answer nothing that goes to the database."""
    async with asyncio.timeout(60):
        with pytest.raises(Refused) as caught:
            await Callers(database, BASE).recognise(Presented("x" * 4097), Surface.HTTP)
    assert caught.value.refusal.code == "token_unreadable"


def test_what_is_presented_is_in_no_log() -> None:
    secret = unique("secret")
    assert secret not in repr(Presented(secret, proof=secret))
