"""What is passed on can only be narrower: RFC 8693."""

from dataclasses import replace
from datetime import timedelta

import pytest
from joserfc.jwk import OKPKey
from tests.access.making import ALL, LESS, Asking, a_machine, paired, proof_of, shown
from tests.access.refusing import code_of

from thingdesk import access, mandates, parties
from thingdesk.access import Callers, Surface, Tokens
from thingdesk.access.exchange import JWT
from thingdesk.mandates import Terms
from thingdesk.platform.database import Database
from thingdesk.platform.money import Money

BASE_TERMS = replace(ALL, services=("vehicle.*", "meter.read"))


def for_helper(helper: Asking) -> dict[str, str]:
    return {"actor_token": helper.token(), "actor_token_type": JWT}


async def test_a_token_is_exchanged_for_a_narrower_one(
    database: Database, tokens: Tokens, callers: Callers
) -> None:
    machine = await a_machine(database)
    wide = await paired(database, tokens, machine, terms=BASE_TERMS)
    narrow = await tokens.make(machine.exchanges(wide.token, LESS, at="mcp"))
    found = await callers.recognise(shown(narrow.token), Surface.MCP)
    assert found.mandate is not None
    assert found.mandate.terms == narrow.terms
    assert (found.mandate.terms.services, found.mandate.terms.depth) == (LESS.services, 1)
    assert (found.machine, found.owner_id) == (machine.machine, machine.owner)
    again = await tokens.make(machine.exchanges(wide.token, LESS))
    same = await callers.recognise(shown(again.token), Surface.HTTP)
    assert same.mandate == found.mandate


@pytest.mark.parametrize(
    "wider",
    [
        replace(LESS, services=("*",)),
        replace(LESS, services=("meter.*",)),
        replace(LESS, per_case=Money(5001, "EUR")),
        replace(LESS, per_case=Money(1, "USD")),
        replace(LESS, per_period=Money(1, "EUR")),
        replace(LESS, depth=2),
    ],
)
async def test_nothing_wider_comes_out(database: Database, tokens: Tokens, wider: Terms) -> None:
    machine = await a_machine(database)
    wide = await paired(database, tokens, machine, terms=BASE_TERMS)
    assert await code_of(tokens.make(machine.exchanges(wide.token, wider))) == "mandate_wider"
    narrow = await tokens.make(machine.exchanges(wide.token, LESS))
    back = replace(BASE_TERMS, depth=0)
    assert await code_of(tokens.make(machine.exchanges(narrow.token, back))) == "mandate_wider"


async def test_it_is_passed_on_as_deep_as_the_owner_said(
    database: Database, tokens: Tokens
) -> None:
    machine = await a_machine(database)
    made = await paired(database, tokens, machine, terms=BASE_TERMS)
    for depth in (1, 0):
        made = await tokens.make(machine.exchanges(made.token, replace(LESS, depth=depth)))
    deeper = machine.exchanges(made.token, replace(LESS, depth=0))
    assert await code_of(tokens.make(deeper)) == "mandate_wider"


async def test_a_helper_gets_a_token_that_is_bound_to_its_own_key(
    database: Database, tokens: Tokens, callers: Callers
) -> None:
    machine = await a_machine(database)
    helper = await a_machine(database, machine.owner)
    wide = await paired(database, tokens, machine, terms=BASE_TERMS)
    made = await tokens.make(machine.exchanges(wide.token, LESS, **for_helper(helper)))
    assert made.bound
    found = await callers.recognise(shown(made.token, helper.key), Surface.HTTP)
    assert found.machine == helper.machine
    assert found.mandate is not None
    assert found.mandate.to == helper.machine
    by_other = shown(made.token, machine.key)
    assert await code_of(callers.recognise(by_other, Surface.HTTP)) == "proof_wrong"
    async with database.transaction() as tx:
        said = await access.introspect(tx, machine.client, made.token, "https://desk.example.org")
    assert said["act"] == {"sub": helper.machine, "act": {"sub": machine.machine}}
    assert said["sub"] == str(machine.owner)


async def test_a_helper_is_of_the_same_owner_and_asks_itself(
    database: Database, tokens: Tokens
) -> None:
    machine, stranger = await a_machine(database), await a_machine(database)
    wide = await paired(database, tokens, machine, terms=BASE_TERMS)
    asks = machine.exchanges(wide.token, LESS, **for_helper(stranger))
    assert await code_of(tokens.make(asks)) == "not_your_machine"
    forged = {"actor_token": wide.token, "actor_token_type": JWT}
    assert await code_of(tokens.make(machine.exchanges(wide.token, LESS, **forged))) == (
        "grant_unknown"
    )


async def test_who_holds_another_s_token_gets_nothing_for_it(
    database: Database, tokens: Tokens
) -> None:
    machine = await a_machine(database)
    thief, key = await a_machine(database, machine.owner), OKPKey.generate_key("Ed25519")
    wide = await paired(database, tokens, machine, key=key, terms=BASE_TERMS)
    assert await code_of(tokens.make(thief.exchanges(wide.token, LESS))) == "grant_unknown"
    assert await code_of(tokens.make(machine.exchanges(wide.token, LESS))) == "proof_wrong"
    other = proof_of(OKPKey.generate_key("Ed25519"))
    stolen = machine.exchanges(wide.token, LESS, proof=other)
    assert await code_of(tokens.make(stolen)) == "proof_wrong"
    assert await tokens.make(machine.exchanges(wide.token, LESS, proof=proof_of(key)))


async def test_what_was_passed_on_ends_with_what_it_was_made_from(
    database: Database, tokens: Tokens, callers: Callers
) -> None:
    machine = await a_machine(database)
    helper = await a_machine(database, machine.owner)
    wide = await paired(database, tokens, machine, terms=BASE_TERMS)
    made = await tokens.make(machine.exchanges(wide.token, LESS, **for_helper(helper)))

    async def code() -> str:
        seen = shown(made.token, helper.key)
        return await code_of(callers.recognise(seen, Surface.HTTP))

    assert await callers.recognise(shown(made.token, helper.key), Surface.HTTP)
    async with database.transaction() as tx:
        await access.revoke(tx, machine.client, wide.token, "https://desk.example.org")
    assert await code() == "token_ended"


async def test_what_a_helper_has_ends_with_the_keys_of_both_and_the_mandate_above(
    database: Database, tokens: Tokens, callers: Callers
) -> None:
    machine = await a_machine(database)
    helper = await a_machine(database, machine.owner)
    wide = await paired(database, tokens, machine, terms=BASE_TERMS)
    made = await tokens.make(machine.exchanges(wide.token, LESS, **for_helper(helper)))
    seen = await callers.recognise(shown(wide.token), Surface.HTTP)
    assert seen.mandate is not None
    async with database.transaction() as tx:
        await mandates.revoke(tx, machine.owner, "stop", mandate_id=seen.mandate.id)
    ended = callers.recognise(shown(made.token, helper.key), Surface.HTTP)
    assert await code_of(ended) == "token_ended"
    async with database.transaction() as tx:
        await parties.revoke_key(tx, machine.kid, "stolen")
    ended = callers.recognise(shown(made.token, helper.key), Surface.HTTP)
    assert await code_of(ended) == "token_key_revoked"


async def test_by_its_own_key_a_machine_passes_on_of_the_standing_mandate(
    database: Database, tokens: Tokens, callers: Callers
) -> None:
    machine = await a_machine(database)
    own = await tokens.make(machine.asks())
    assert await code_of(tokens.make(machine.exchanges(own.token, LESS))) == "nothing_to_narrow"
    async with database.transaction() as tx:
        await mandates.grant(tx, machine.owner, BASE_TERMS)
    made = await tokens.make(machine.exchanges(own.token, LESS))
    assert made.lasts == timedelta(minutes=10)
    found = await callers.recognise(shown(made.token), Surface.HTTP)
    assert found.mandate is not None
    async with database.transaction() as tx:
        await mandates.revoke(tx, machine.owner, "stop")
    assert await code_of(callers.recognise(shown(made.token), Surface.HTTP)) == "token_ended"
