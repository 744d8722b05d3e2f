"""The answer to who renews a token is lost: asked for again by the same keys it comes again."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from joserfc.jwk import OKPKey
from tests.access.making import BASE, Asking, Key, a_machine, an_app, paired, proof_of, shown
from tests.access.refusing import code_of
from tests.access.test_applications import asked, redeems

from thingdesk import access, parties
from thingdesk.access import Callers, Client, Issued, Surface, TokenRequest, Tokens
from thingdesk.access.refresh import REPEATS
from thingdesk.access.tokens import REFRESH
from thingdesk.platform import clock
from thingdesk.platform.database import Database

Renews = Callable[[Issued], TokenRequest]


def a_key() -> Key:
    return OKPKey.generate_key("Ed25519")


def by_app(app: Client, key: Key | None = None) -> Renews:
    def renews(made: Issued) -> TokenRequest:
        form = {"grant_type": REFRESH, "refresh_token": made.refresh or ""}
        return TokenRequest(app, form, proof=proof_of(key) if key else None)

    return renews


def by_machine(machine: Asking, key: Key | None = None, at: str = "") -> Renews:
    def renews(made: Issued) -> TokenRequest:
        proof = proof_of(key) if key else None
        return machine.asks(REFRESH, proof=proof, at=at, refresh_token=made.refresh or "")

    return renews


@pytest.fixture(params=["its own key", "a key it is bound to", "both"])
async def holder(
    request: pytest.FixtureRequest, database: Database, tokens: Tokens
) -> tuple[Issued, Renews]:
    """What somebody got who can prove a key, and how they renew it."""
    key = None if request.param == "its own key" else a_key()
    if key and request.param == "a key it is bound to":
        app = an_app()
        code, _ = await asked(database, app)
        return await tokens.make(redeems(app, code, proof_of(key))), by_app(app, key)
    machine = await a_machine(database)
    made = await paired(database, tokens, machine, key=key, at=Surface.MCP)
    return made, by_machine(machine, key)


async def ended(tokens: Tokens, renews: Renews, made: Issued) -> bool:
    """Whether what was given last is good for nothing any more."""
    return await code_of(tokens.make(renews(made))) == "grant_unknown"


async def test_it_comes_again_and_what_renews_is_the_same(
    tokens: Tokens, holder: tuple[Issued, Renews]
) -> None:
    first, renews = holder
    lost = await tokens.make(renews(first))
    for _ in range(3):
        again = await tokens.make(renews(first))
        assert (again.refresh, again.bound) == (lost.refresh, lost.bound)
        assert again.token != lost.token
    third = await tokens.make(renews(again))
    assert third.refresh not in (first.refresh, again.refresh)
    assert (await tokens.make(renews(again))).refresh == third.refresh


async def test_who_has_used_the_answer_has_it_and_may_not_ask_again(
    tokens: Tokens, holder: tuple[Issued, Renews]
) -> None:
    first, renews = holder
    second = await tokens.make(renews(first))
    third = await tokens.make(renews(second))
    assert await code_of(tokens.make(renews(first))) == "grant_unknown"
    assert await ended(tokens, renews, third)


async def test_it_comes_again_for_a_day(
    tokens: Tokens, holder: tuple[Issued, Renews], turnable: clock.Turnable
) -> None:
    first, renews = holder
    await tokens.make(renews(first))
    turnable.turn(REPEATS - timedelta(seconds=10))
    second = await tokens.make(renews(first))
    turnable.turn(timedelta(seconds=20))
    assert await code_of(tokens.make(renews(first))) == "grant_unknown"
    assert await ended(tokens, renews, second)


async def test_who_asks_many_times_at_once_gets_one_that_renews(
    tokens: Tokens, holder: tuple[Issued, Renews]
) -> None:
    first, renews = holder
    made = await asyncio.gather(*(tokens.make(renews(first)) for _ in range(5)))
    assert len({one.refresh for one in made}) == 1
    assert await tokens.make(renews(made[0]))


async def test_a_thief_without_the_key_ends_it(
    database: Database, tokens: Tokens, callers: Callers
) -> None:
    for stolen in (None, a_key()):
        app, key = an_app(), a_key()
        code, _ = await asked(database, app)
        first = await tokens.make(redeems(app, code, proof_of(key)))
        second = await tokens.make(by_app(app, key)(first))
        assert await code_of(tokens.make(by_app(app, stolen)(first))) == "grant_unknown"
        assert await ended(tokens, by_app(app, key), second)
        presented = shown(second.token, key, at="/mcp")
        assert await code_of(callers.recognise(presented, Surface.MCP)) == "token_ended"


@pytest.mark.parametrize("first_by", ["the application", "the thief"])
async def test_a_key_of_the_thiefs_own_is_no_proof_for_what_is_bound_to_none(
    database: Database, tokens: Tokens, first_by: str
) -> None:
    app = an_app()
    code, _ = await asked(database, app)
    first = await tokens.make(redeems(app, code))
    ways = [by_app(app), by_app(app, a_key())]
    one, other = ways if first_by == "the application" else reversed(ways)
    second = await tokens.make(one(first))
    assert await code_of(tokens.make(other(first))) == "grant_unknown"
    assert await ended(tokens, one, second)


async def test_nor_is_another_key_beside_its_own_or_instead_of_it(
    database: Database, tokens: Tokens
) -> None:
    for used, shown_again in ((None, a_key()), (a_key(), None), (a_key(), a_key())):
        machine = await a_machine(database)
        first = await paired(database, tokens, machine)
        second = await tokens.make(by_machine(machine, used)(first))
        again = by_machine(machine, shown_again)(first)
        assert await code_of(tokens.make(again)) == "grant_unknown"
        assert await ended(tokens, by_machine(machine, used), second)


async def test_a_new_key_of_the_machine_is_not_the_one_that_asked(
    database: Database, tokens: Tokens
) -> None:
    machine = await a_machine(database)
    first = await paired(database, tokens, machine)
    await tokens.make(by_machine(machine)(first))
    renewed = replace(machine, key=OKPKey.generate_key("Ed25519"))
    async with database.transaction() as tx:
        await parties.add_key(tx, machine.machine, renewed.x)
    assert await code_of(tokens.make(by_machine(renewed)(first))) == "grant_unknown"


async def test_nothing_comes_again_of_what_has_ended(
    database: Database, tokens: Tokens, holder: tuple[Issued, Renews]
) -> None:
    first, renews = holder
    second = await tokens.make(renews(first))
    async with database.transaction() as tx:
        await access.revoke(tx, renews(first).client, second.refresh or "", BASE)
    assert await code_of(tokens.make(renews(first))) == "grant_unknown"


async def test_for_somebody_else_nothing_comes_and_nothing_ends(
    database: Database, tokens: Tokens, holder: tuple[Issued, Renews]
) -> None:
    first, renews = holder
    await tokens.make(renews(first))
    other = by_machine(await a_machine(database))
    assert await code_of(tokens.make(other(first))) == "grant_unknown"
    assert await tokens.make(renews(first))


async def test_who_named_a_wrong_place_asks_again_for_the_right_one(
    database: Database, tokens: Tokens
) -> None:
    machine = await a_machine(database)
    first = await paired(database, tokens, machine)
    wrong = by_machine(machine, at="a2a")(first)
    assert await code_of(tokens.make(wrong)) == "resource_unknown"
    assert (await tokens.make(by_machine(machine)(first))).refresh
