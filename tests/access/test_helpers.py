"""What is passed on to a helper: another machine of the same owner."""

from dataclasses import replace

import pytest
from tests.access.making import (
    BASE_TERMS,
    LESS,
    a_machine,
    for_helper,
    helped,
    paired,
    shown,
)
from tests.access.refusing import code_of

from thingdesk import access, mandates, parties
from thingdesk.access import Callers, Surface, Tokens
from thingdesk.access.exchange import JWT
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refused


async def test_a_helper_gets_a_token_that_is_bound_to_its_own_key(
    database: Database, tokens: Tokens, callers: Callers
) -> None:
    machine, helper, wide = await helped(database, tokens)
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


async def test_what_a_helper_hands_over_is_good_for_that_alone_and_once(
    database: Database, tokens: Tokens, callers: Callers
) -> None:
    machine, helper, wide = await helped(database, tokens)
    handed = for_helper(helper)
    for surface in Surface:
        refused = await code_of(callers.recognise(shown(handed["actor_token"]), surface))
        assert refused == "token_unreadable"
    as_helper = helper.asks(client_assertion=handed["actor_token"])
    assert await code_of(tokens.make(as_helper)) == "client_unproven"
    assert await tokens.make(machine.exchanges(wide.token, LESS, **handed))
    again = machine.exchanges(wide.token, LESS, **handed)
    assert await code_of(tokens.make(again)) == "actor_unproven"


async def test_a_helper_hands_over_nothing_that_is_good_for_more(
    database: Database, tokens: Tokens
) -> None:
    """Whoever has the helper's own token could do all that the helper may."""
    machine, helper, wide = await helped(database, tokens)
    elsewhere = replace(helper, base="https://another-desk.example").actor_token()
    unknown = replace(helper, machine="nobody-of-this-desk").actor_token()
    forged = replace(helper, key=machine.key).actor_token()
    by_desk = wide.token
    for handed in (helper.token(), helper.assertion(), elsewhere, unknown, forged, by_desk, "x"):
        asks = machine.exchanges(wide.token, LESS, actor_token=handed, actor_token_type=JWT)
        with pytest.raises(Refused, match=r"Identity\.actor_token") as refused:
            await tokens.make(asks)
        assert refused.value.refusal.code == "actor_unproven"


async def test_what_a_helper_has_ends_with_the_keys_of_both_and_the_mandate_above(
    database: Database, tokens: Tokens, callers: Callers
) -> None:
    machine, helper, wide = await helped(database, tokens)
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


async def test_what_a_helper_has_ends_with_its_own_key(
    database: Database, tokens: Tokens, callers: Callers
) -> None:
    machine, helper, wide = await helped(database, tokens)
    made = await tokens.make(machine.exchanges(wide.token, LESS, **for_helper(helper)))
    async with database.transaction() as tx:
        await parties.revoke_key(tx, helper.kid, "stolen")
    ended = callers.recognise(shown(made.token, helper.key), Surface.HTTP)
    assert await code_of(ended) == "token_key_revoked"
    assert await callers.recognise(shown(wide.token), Surface.HTTP)
