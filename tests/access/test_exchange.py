"""What is passed on can only be narrower: RFC 8693."""

from dataclasses import replace
from datetime import timedelta, timezone
from uuid import UUID

import pytest
from joserfc.jwk import OKPKey
from tests.access.agents import Agent, an_agent
from tests.access.making import (
    ALL,
    BASE,
    BASE_TERMS,
    LESS,
    a_machine,
    for_helper,
    paired,
    proof_of,
    shown,
)
from tests.access.refusing import code_of
from tests.parties.making import signing

from thingdesk import mandates, parties
from thingdesk.access import Callers, Surface, TokenRequest, Tokens, standing
from thingdesk.access.token import TYPE
from thingdesk.mandates import Mandate, Narrower, Terms
from thingdesk.platform import clock
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refused
from thingdesk.platform.money import Money


def by_app(
    agent: Agent, subject: str, terms: Terms, proof: str | None = None, at: str = ""
) -> TokenRequest:
    """What an application asks that has no key at the desk."""
    asks = agent.exchanges(subject, terms, proof=proof, at=at)
    form = {name: asks.form[name] for name in asks.form if not name.startswith("client_")}
    return replace(asks, form=form)


async def test_a_token_is_exchanged_for_a_narrower_one(
    database: Database, tokens: Tokens, callers: Callers
) -> None:
    machine = await a_machine(database)
    wide = await paired(database, tokens, machine, also=(Surface.MCP,), terms=BASE_TERMS)
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
        replace(LESS, per_case=Money(1, "USD"), per_period=Money(1, "USD")),
        replace(LESS, per_period=Money(20001, "EUR")),
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


async def test_one_amount_without_the_other_is_refused(database: Database, tokens: Tokens) -> None:
    """It would let nothing be spent, and the answer would name an amount."""
    machine = await a_machine(database)
    wide = await paired(database, tokens, machine, terms=BASE_TERMS)
    half = machine.exchanges(wide.token, replace(LESS, per_case=None))
    with pytest.raises(Refused) as refused:
        await tokens.make(half)
    assert refused.value.refusal.code == "bad_mandate"
    assert [one.path for one in refused.value.refusal.fields] == ["0.per_case"]


async def test_it_is_passed_on_as_deep_as_the_owner_said(
    database: Database, tokens: Tokens
) -> None:
    machine = await a_machine(database)
    made = await paired(database, tokens, machine, terms=BASE_TERMS)
    for depth in (1, 0):
        made = await tokens.make(machine.exchanges(made.token, replace(LESS, depth=depth)))
    deeper = machine.exchanges(made.token, replace(LESS, depth=0))
    assert await code_of(tokens.make(deeper)) == "mandate_wider"


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


async def test_it_is_for_no_surface_that_the_owner_was_not_asked_about(
    database: Database, tokens: Tokens
) -> None:
    machine = await a_machine(database)
    helper = await a_machine(database, machine.owner)
    wide = await paired(database, tokens, machine, terms=ALL)
    for whom in ({}, for_helper(helper)):
        asks = machine.exchanges(wide.token, LESS, at="a2a", **whom)
        assert await code_of(tokens.make(asks)) == "resource_unknown"
    async with database.transaction() as tx:
        await mandates.grant(tx, machine.owner, ALL)
    own = await tokens.make(machine.asks())
    assert await tokens.make(machine.exchanges(own.token, LESS, at="a2a"))


async def test_who_has_no_key_gets_no_more_time_than_is_left(
    database: Database, tokens: Tokens, turnable: clock.Turnable
) -> None:
    """Whoever has stolen a token of an application could make two days of ten minutes."""
    agent = await an_agent(database, BASE, Surface.HTTP)
    turnable.turn(timedelta(minutes=7))
    for depth in (1, 0):
        made = await tokens.make(by_app(agent, agent.issued.token, replace(LESS, depth=depth)))
        assert timedelta(minutes=2) < made.lasts <= timedelta(minutes=3)


async def test_who_proves_itself_by_a_key_gets_a_whole_life(
    database: Database, tokens: Tokens, turnable: clock.Turnable
) -> None:
    machine, key = await a_machine(database), OKPKey.generate_key("Ed25519")
    wide = await paired(database, tokens, machine, terms=ALL)
    agent = await an_agent(database, BASE, Surface.HTTP, key=key)
    turnable.turn(timedelta(minutes=7))
    by_app_with_proof = by_app(agent, agent.issued.token, LESS, proof_of(key))
    for asks in (machine.exchanges(wide.token, LESS), by_app_with_proof):
        assert (await tokens.make(asks)).lasts == timedelta(minutes=10)


async def test_nothing_is_passed_on_over_mqtt(
    database: Database, tokens: Tokens, callers: Callers
) -> None:
    machine, key = await a_machine(database), OKPKey.generate_key("Ed25519")
    helper = await a_machine(database, machine.owner)
    wide = await paired(database, tokens, machine, key=key, terms=ALL)
    one = Terms(services=("person.ask",))
    for whom in ({}, for_helper(helper)):
        asks = machine.exchanges(wide.token, one, at="mqtt", proof=proof_of(key), **whom)
        assert await code_of(tokens.make(asks)) == "token_not_for_mqtt"
    agent = await an_agent(database, BASE, Surface.MQTT)
    for place in ("mqtt", ""):
        asks = by_app(agent, agent.issued.token, one, at=place)
        assert await code_of(tokens.make(asks)) == "token_not_for_mqtt", "its own are for MQTT"
    assert await callers.recognise(shown(agent.issued.token), Surface.MQTT)


async def test_what_is_passed_on_ends_and_makes_room(
    database: Database, turnable: clock.Turnable
) -> None:
    machine = await a_machine(database)
    async with database.transaction() as tx:
        above = await mandates.grant(tx, machine.owner, ALL)

        async def passed_on(minor: int) -> Mandate:
            less = replace(LESS, per_case=Money(minor, "EUR"))
            return await mandates.grant(
                tx, machine.owner, less, to=machine.machine, parent=above.id
            )

        made = [await passed_on(minor) for minor in range(100)]
        assert await code_of(passed_on(101)) == "mandate_passed_on_too_often"
        assert await passed_on(0) == made[0], "the same again is none more"
    limit = clock.now() + timedelta(days=30)
    assert all(one.terms.ends and one.terms.ends <= limit for one in made)
    turnable.turn(timedelta(days=1, minutes=1))
    async with database.transaction() as tx:
        assert (await passed_on(101)).terms.per_case == Money(101, "EUR")
    turnable.turn(timedelta(days=16))
    async with database.transaction() as tx:
        later = await passed_on(0)
        assert later.id != made[0].id, "whoever goes on has time again"


async def test_the_same_is_what_permits_the_same_for_as_long(database: Database) -> None:
    machine, begins = await a_machine(database), clock.now() + timedelta(hours=1)
    ends, berlin = begins + timedelta(days=2), timezone(timedelta(hours=2))
    asked = replace(LESS, begins=begins, ends=ends)
    others = (
        replace(asked, ends=None),
        replace(asked, begins=begins + timedelta(seconds=1)),
        replace(asked, ends=ends - timedelta(seconds=1)),
        replace(asked, always_ask=("vehicle.repair",)),
        replace(asked, per_case=Money(999, "EUR")),
    )
    async with database.transaction() as tx:
        above = await mandates.grant(tx, machine.owner, ALL)

        async def passed_on(terms: Terms) -> UUID:
            to = machine.machine
            return (await mandates.grant(tx, machine.owner, terms, to=to, parent=above.id)).id

        first = await passed_on(asked)
        in_berlin = replace(asked, begins=begins.astimezone(berlin), ends=ends.astimezone(berlin))
        assert await passed_on(in_berlin) == first
        made = [await passed_on(one) for one in others]
        assert len({first, *made}) == 1 + len(others)
        assert [await passed_on(one) for one in others] == made
        wanted = [Narrower(above, machine.machine, one) for one in (*others, LESS, asked)]
        found = await mandates.passed_on(tx, wanted)
    assert [one.id if isinstance(one, Mandate) else one for one in found] == [*made, None, first]


async def test_who_has_a_key_speaks_mqtt_by_that_alone(database: Database, tokens: Tokens) -> None:
    machine = await a_machine(database)
    asks = paired(database, tokens, machine, at=Surface.MQTT)
    assert await code_of(asks) == "token_not_for_mqtt"


@pytest.mark.parametrize("whose", ["narrowed", "of a machine with a key"])
async def test_a_broker_lets_in_nobody_under_a_mandate_that_it_does_not_keep(
    database: Database, callers: Callers, whose: str
) -> None:
    """Tokens that were made before they were refused are good for a day."""
    agent = await an_agent(database, BASE, Surface.MQTT)
    async with database.transaction() as tx:
        key = await parties.desk_key(tx)
        token = standing.read(key, agent.issued.token, BASE)
        if whose == "narrowed":
            one = Terms(services=("person.ask",))
            less = await mandates.grant(
                tx, agent.owner, one, to=agent.machine, parent=agent.mandate
            )
            token = replace(token, mandate_id=less.id)
        else:
            await parties.add_key(tx, agent.machine, signing(agent.machine).x)
    made = key.sign(token.claims(BASE), TYPE)
    assert await code_of(callers.recognise(shown(made), Surface.MQTT)) == "token_not_for_mqtt"
