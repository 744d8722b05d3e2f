"""What an agent asks for is permitted by what its owner gave to it, and by nothing else."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import pytest
from tests.hand import Hand
from tests.journeys.agents import REPAIRS, an_agent, ask, euros, give, opened, refused
from tests.journeys.garage import car, open_garage
from tests.parties.making import unique

from thingdesk import cases, journeys, mandates
from thingdesk.cases import Answer, Outcome
from thingdesk.journeys import Entry
from thingdesk.mandates import Mandate, Terms
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Recovery, Refusal
from thingdesk.platform.money import Money


@pytest.fixture(scope="module")
async def hand(database: Database) -> Hand:
    return await open_garage(database)


async def effects(hand: Hand, case_id: UUID) -> Sequence[Entry]:
    async with hand.database.transaction() as tx:
        return await journeys.effects_of(tx, case_id)


async def stop(hand: Hand, owner: UUID, mandate: Mandate | None = None) -> None:
    async with hand.database.transaction() as tx:
        one = mandate.id if mandate else None
        assert await mandates.revoke(tx, owner, "enough", mandate_id=one)


async def spent(hand: Hand, owner: UUID, mandate: Mandate | None = None) -> list[Money]:
    async with hand.database.transaction() as tx:
        one = mandate.id if mandate else None
        return await mandates.spent_in_period(tx, owner, clock.now(), one)


async def a_car(hand: Hand, **standing: Terms | None) -> tuple[str, UUID]:
    name = unique("car")
    return name, await car(hand, name, **standing)


async def test_its_own_terms_count_and_not_the_standing_ones(hand: Hand) -> None:
    """The owner's standing mandate would pay for the part; what the agent has does not."""
    name, owner = await a_car(hand)
    poor = await give(hand.database, owner, terms=Terms(("vehicle.repair",)))
    case_id = await opened(hand, poor, name)
    assert (await hand.question(case_id)).question.approves
    (part,) = await effects(hand, case_id)
    assert (part.name, part.code) == ("reserve_part", "no_money")


async def test_what_it_spends_is_its_own_budget(hand: Hand) -> None:
    name, owner = await a_car(hand, terms=None)
    rich = await give(hand.database, owner)
    case_id = await opened(hand, rich, name)
    (part,) = await effects(hand, case_id)
    assert (part.name, part.code, part.minor) == ("reserve_part", "mandated", 18900)
    assert await spent(hand, owner, rich) == [Money(18900, "EUR")]
    assert await spent(hand, owner) == []
    async with hand.database.transaction() as tx:
        assert [one.id for one in await cases.under(tx, rich.id, 10)] == [case_id]


async def test_a_budget_counts_against_those_above(hand: Hand) -> None:
    """Two agents of one that was given 300 a month: the part costs 189."""
    name, owner = await a_car(hand)
    parent = await give(
        hand.database, owner, terms=replace(REPAIRS, per_period=euros(300), depth=1)
    )
    terms = Terms(("vehicle.repair",), per_case=euros(300), per_period=euros(300))
    first = await give(hand.database, owner, terms=terms, parent=parent.id)
    second = await give(hand.database, owner, terms=terms, parent=parent.id)
    (part,) = await effects(hand, await opened(hand, first, name))
    assert part.code == "mandated"
    (part,) = await effects(hand, await opened(hand, second, name, "P0302"))
    assert part.code == "over_period_budget"
    (part,) = await effects(hand, await opened(hand, parent, name, "P0303"))
    assert part.code == "over_period_budget"
    assert await spent(hand, owner, first) == await spent(hand, owner, parent)
    assert await spent(hand, owner, second) == []


async def test_of_two_who_spend_at_once_one_is_asked_for(hand: Hand) -> None:
    name, owner = await a_car(hand)
    parent = await give(hand.database, owner, terms=replace(REPAIRS, per_period=euros(300)))
    child = await give(
        hand.database,
        owner,
        terms=Terms(("vehicle.repair",), per_case=euros(300), per_period=euros(300)),
        parent=parent.id,
    )
    found = await asyncio.gather(
        opened(hand, child, name, "P0301"), opened(hand, parent, name, "P0302")
    )
    codes = [one.code for case_id in found for one in (await effects(hand, case_id))[:1]]
    assert sorted(codes) == ["mandated", "over_period_budget"]
    assert await spent(hand, owner, parent) == [Money(18900, "EUR")]


async def test_revoked_while_the_journey_waits_the_next_effect_is_asked_for(hand: Hand) -> None:
    name, owner = await a_car(hand)
    given = await give(hand.database, owner)
    case_id = await opened(hand, given, name)
    await stop(hand, owner, given)
    await hand.answer(case_id, "slot0")
    assert (await hand.question(case_id)).question.approves, "booking is asked for now"
    book = (await effects(hand, case_id))[-1]
    assert (book.name, book.code) == ("book", "mandate_revoked")


async def test_so_it_is_when_what_it_was_narrowed_from_is_revoked(hand: Hand) -> None:
    name, owner = await a_car(hand)
    parent = await give(hand.database, owner)
    terms = Terms(("vehicle.repair",), per_case=euros(500), per_period=euros(500))
    child = await give(hand.database, owner, terms=terms, parent=parent.id)
    case_id = await opened(hand, child, name)
    await stop(hand, owner, parent)
    await hand.answer(case_id, "slot0")
    assert (await effects(hand, case_id))[-1].code == "mandate_revoked"


async def test_after_a_stop_nothing_more_can_be_asked_for(hand: Hand) -> None:
    name, owner = await a_car(hand)
    given = await give(hand.database, owner)
    await opened(hand, given, name)
    await stop(hand, owner)
    answer = await ask(hand, given, name, "P0302")
    assert answer == Refusal(
        "mandate_revoked", "The owner has revoked the mandate.", Recovery.ASK_OWNER
    )


async def test_it_speaks_for_no_other_owners_machine(hand: Hand) -> None:
    """Whoever holds a mandate of one owner has nothing to say about a machine of another, nor has
    another agent with it.
    """
    name, owner = await a_car(hand)
    other, _ = await a_car(hand)
    given = await give(hand.database, owner)
    assert await refused(hand, given, other) == "not_your_machine"
    assert await refused(hand, given, "no-such-machine") == "not_your_machine"
    thief = await an_agent(hand.database)
    answer = await ask(hand, given, name, by=thief)
    assert isinstance(answer, Refusal)
    assert answer.code == "mandate_unknown"
    unknown = replace(given, id=ids.new())
    assert await refused(hand, unknown, name) == "mandate_unknown"
    limited = await give(hand.database, owner, terms=replace(REPAIRS, machines=("car-9",)))
    assert await refused(hand, limited, name) == "machine_not_covered"
    # who forgot the subject, or mistyped it, is told what it was taken for
    for subject, whom in ((limited.to, f"{limited.to} is no"), ("car-typo", "car-typo is no")):
        assert subject
        answer = await ask(hand, limited, subject)
        assert isinstance(answer, Refusal)
        assert answer.recovery is Recovery.FIX_INPUT
        assert [one.path for one in answer.fields] == ["data.subject"]
        assert whom in answer.reason
    own = await give(hand.database, owner, to=name, terms=replace(REPAIRS, machines=("car-9",)))
    answer = await ask(hand, own, name)
    assert isinstance(answer, Refusal)
    assert (answer.code, answer.recovery) == ("machine_not_covered", Recovery.FIX_INPUT)
    assert f"taken for {name}" in answer.reason
    answer = await ask(hand, given, name, "P0301", service="vehicle.breakdown")
    assert isinstance(answer, Refusal)
    assert (answer.code, answer.recovery) == ("service_not_covered", Recovery.ASK_OWNER)


async def test_with_the_machine_goes_what_it_was_given(hand: Hand) -> None:
    """A speaker that is sold takes no mandate along; a car that is sold is nobody's to ask for."""
    name, owner = await a_car(hand)
    speaker = unique("speaker")
    await hand.machine(speaker, "speaker", owner=f"owner-{name}")
    given = await give(hand.database, owner, speaker)
    other = await give(hand.database, owner)
    await opened(hand, given, name)
    await hand.sell(speaker, "buyer-of-speaker")
    assert await refused(hand, given, name, "P0302") == "mandate_revoked"
    assert isinstance(await ask(hand, other, name, "P0302"), Answer)
    await hand.sell(name, "buyer-of-car")
    assert await refused(hand, other, name, "P0303") == "not_your_machine"


async def test_the_number_of_cases_is_kept_to(hand: Hand) -> None:
    name, owner = await a_car(hand)
    parent = await give(hand.database, owner, terms=replace(REPAIRS, cases=2))
    child = await give(
        hand.database, owner, terms=Terms(("vehicle.repair",), cases=1), parent=parent.id
    )
    first = await opened(hand, child, name)
    assert await opened(hand, child, name) == first, "it joins, and is no other case"
    answer = await ask(hand, child, name, "P0302")
    assert answer == mandates.OVER_CASES
    assert await opened(hand, parent, name, "P0302") != first
    assert await ask(hand, parent, name, "P0303") == mandates.OVER_CASES
    other = await give(hand.database, owner)
    assert isinstance(await ask(hand, other, name, "P0303"), Answer)


async def test_many_at_once_are_no_more_than_its_number_of_cases(hand: Hand) -> None:
    name, owner = await a_car(hand)
    given = await give(hand.database, owner, terms=replace(REPAIRS, cases=3))
    found = await asyncio.gather(*(ask(hand, given, name, f"P030{n}") for n in range(1, 9)))
    assert sum(isinstance(one, Answer) for one in found) == 3
    assert found.count(mandates.OVER_CASES) == 5


async def test_the_standing_mandate_counts_what_is_done_unasked(hand: Hand) -> None:
    name, _ = await a_car(hand, terms=replace(REPAIRS, cases=1))
    first = await hand.opened(name, "vehicle.repair", {"code": "P0301"})
    assert [one.code for one in await effects(hand, first)] == ["mandated"]
    second = await hand.opened(name, "vehicle.repair", {"code": "P0302"})
    assert [one.code for one in await effects(hand, second)] == ["over_cases"]
    await hand.answer(first, "slot0")
    assert [one.code for one in await effects(hand, first)] == ["mandated", "mandated"]


async def test_a_retry_never_asks_the_owner_twice(hand: Hand) -> None:
    """The same id, another id, another agent: there is one question, and after a no there is none
    for a while.
    """
    name, owner = await a_car(hand, terms=None)
    terms = Terms(("vehicle.repair",))
    given = await give(hand.database, owner, terms=terms)
    other = await give(hand.database, owner, terms=terms)
    event = str(ids.new())
    answers = [await ask(hand, given, name, event=event) for _ in range(5)]
    answers += [await ask(hand, given, name) for _ in range(5)]
    answers += [await ask(hand, other, name)]
    (case_id,) = {one.case_id for one in answers if isinstance(one, Answer)}
    assert case_id
    assert (await hand.kinds(case_id)).count("decision.asked") == 1
    await hand.answer(case_id, "no")
    assert (await hand.case(case_id)).outcome is Outcome.REFUSED
    for under in (given, other):
        answer = await ask(hand, under, name)
        assert isinstance(answer, Answer)
        assert answer.case_id == case_id
        assert answer.outcome
        assert answer.outcome["code"] == "not_approved"
    child_of = await give(hand.database, owner, terms=replace(terms, depth=1))
    assert await opened(hand, child_of, name) != case_id, "the owner has said something since"


async def test_passing_on_asks_no_owner_again(hand: Hand) -> None:
    """An agent narrows what it has for itself, and asks anew: what the owner said stands."""
    name, owner = await a_car(hand, terms=None)
    given = await give(hand.database, owner, terms=Terms(("vehicle.repair",), depth=1))
    case_id = await opened(hand, given, name)
    await hand.answer(case_id, "no")
    child = await give(hand.database, owner, given.to, Terms(("vehicle.repair",)), parent=given.id)
    answer = await ask(hand, child, name)
    assert isinstance(answer, Answer)
    assert answer.case_id == case_id


async def test_an_approval_is_for_the_mandate_as_it_was(hand: Hand) -> None:
    """Who changes the mandate of which an agent has a part while a question is open is asked anew;
    the yes before it was to something else.
    """
    name, owner = await a_car(hand, terms=None)
    repairs = Terms(("vehicle.repair",), depth=1)
    async with hand.database.transaction() as tx:
        standing = await mandates.grant(tx, owner, repairs)
    less = replace(repairs, depth=0)
    given = await give(hand.database, owner, terms=less, parent=standing.id)
    case_id = await opened(hand, given, name)
    first = (await hand.question(case_id)).question
    async with hand.database.transaction() as tx:
        await mandates.grant(tx, owner, replace(repairs, cases=5))
    await hand.answer(case_id, "yes")
    again = (await hand.question(case_id)).question
    assert again.id != first.id
    (part,) = await effects(hand, case_id)
    assert (part.state, part.code) == ("asked", "approval_unfit")
    await hand.answer(case_id, "yes")
    assert [one.code for one in await effects(hand, case_id)] == ["approved"]


async def test_what_its_machine_asks_for_later_is_not_under_it(hand: Hand) -> None:
    name, owner = await a_car(hand)
    given = await give(hand.database, owner)
    case_id = await opened(hand, given, name)
    async with hand.database.transaction() as tx:
        await journeys.withdraw(tx, case_id, "not now", "not now")
    assert await hand.opened(name, "vehicle.repair", {"code": "P0301"}) != case_id
    async with hand.database.transaction() as tx:
        assert [one.id for one in await cases.under(tx, given.id, 10)] == [case_id]
