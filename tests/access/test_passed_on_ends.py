"""What was passed on ends with each of what it came by."""

from dataclasses import replace

from joserfc.jwk import OKPKey
from tests.access.making import (
    BASE,
    BASE_TERMS,
    LESS,
    a_machine,
    for_helper,
    helped,
    paired,
    shown,
)
from tests.access.refusing import code_of

from thingdesk import access, parties
from thingdesk.access import Callers, Surface, Tokens
from thingdesk.platform.database import Database


async def test_what_was_passed_on_ends_with_what_it_was_made_from(
    database: Database, tokens: Tokens, callers: Callers
) -> None:
    machine, helper, wide = await helped(database, tokens)
    made = await tokens.make(machine.exchanges(wide.token, LESS, **for_helper(helper)))

    async def code() -> str:
        seen = shown(made.token, helper.key)
        return await code_of(callers.recognise(seen, Surface.HTTP))

    assert await callers.recognise(shown(made.token, helper.key), Surface.HTTP)
    async with database.transaction() as tx:
        await access.revoke(tx, machine.client, wide.token, "https://desk.example.org")
    assert await code() == "token_ended"


async def test_and_with_the_key_by_which_it_was_passed_on(
    database: Database, tokens: Tokens, callers: Callers
) -> None:
    machine = await a_machine(database)
    wide = await paired(database, tokens, machine, terms=BASE_TERMS)
    second = replace(machine, key=OKPKey.generate_key("Ed25519"))
    async with database.transaction() as tx:
        await parties.add_key(tx, machine.machine, second.x)
    made = await tokens.make(second.exchanges(wide.token, LESS))
    async with database.transaction() as tx:
        await parties.revoke_key(tx, second.kid, "stolen")
    ended = callers.recognise(shown(made.token), Surface.HTTP)
    assert await code_of(ended) == "token_key_revoked"
    assert await callers.recognise(shown(wide.token), Surface.HTTP)


async def test_and_with_each_token_that_it_came_from(
    database: Database, tokens: Tokens, callers: Callers
) -> None:
    machine = await a_machine(database)
    wide = await paired(database, tokens, machine, terms=BASE_TERMS)
    less = await tokens.make(machine.exchanges(wide.token, LESS))
    least = await tokens.make(machine.exchanges(less.token, replace(LESS, depth=0)))
    assert await callers.recognise(shown(least.token), Surface.HTTP)
    async with database.transaction() as tx:
        await access.revoke(tx, machine.client, wide.token, BASE)
    assert await code_of(callers.recognise(shown(least.token), Surface.HTTP)) == "token_ended"
