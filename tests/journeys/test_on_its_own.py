"""A machine's own problem is not bound by what another one may that asked for it first."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import pytest
from tests.hand import Hand
from tests.journeys.agents import REPAIRS, give, opened
from tests.journeys.garage import car, open_garage
from tests.parties.making import unique

from thingdesk import cases, journeys
from thingdesk.cases import Answer, Report
from thingdesk.journeys import Entry
from thingdesk.mandates import Terms
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refusal

POOR = Terms(("vehicle.repair",))


@pytest.fixture(scope="module")
async def hand(database: Database) -> Hand:
    return await open_garage(database)


async def a_car(hand: Hand, **standing: Terms | None) -> tuple[str, UUID]:
    name = unique("car")
    return name, await car(hand, name, **standing)


def own(name: str, code: str = "P0301") -> Report:
    event = str(ids.new())
    said = f"{name} {event}".encode()
    return Report(name, event, said, clock.now(), "vehicle.repair", {"code": code}, name)


async def say(hand: Hand, *reports: Report) -> list[Answer | Refusal]:
    async with hand.database.transaction() as tx:
        answers = await hand.flow.take_reports(tx, reports)
    await hand.work()
    return answers


async def effects(hand: Hand, case_id: UUID) -> Sequence[Entry]:
    async with hand.database.transaction() as tx:
        return await journeys.effects_of(tx, case_id)


async def asked(hand: Hand, case_id: UUID) -> int:
    return (await hand.kinds(case_id)).count("decision.asked")


async def test_what_it_reports_itself_rests_on_the_standing_mandate(hand: Hand) -> None:
    """The agent has no money, and the owner is asked; the car's own mandate pays for the part."""
    name, owner = await a_car(hand)
    case_id = await opened(hand, await give(hand.database, owner, terms=POOR), name)
    question = (await hand.question(case_id)).question
    assert question.approves
    (answer,) = await say(hand, own(name))
    assert isinstance(answer, Answer)
    assert answer.case_id == case_id
    assert [(one.name, one.code) for one in await effects(hand, case_id)] == [
        ("reserve_part", "mandated")
    ]
    kinds = await hand.kinds(case_id)
    assert kinds.count("case.on_its_own") == 1
    assert kinds.count("decision.withdrawn") == 1
    assert (await hand.question(case_id)).question.id != question.id, "which time, and no approval"
    await hand.answer(case_id, "slot0")
    assert [one.code for one in await effects(hand, case_id)] == ["mandated", "mandated"]
    await say(hand, own(name))
    assert (await hand.kinds(case_id)).count("case.on_its_own") == 1


async def test_so_does_what_is_found(hand: Hand) -> None:
    name, owner = await a_car(hand)
    case_id = await opened(hand, await give(hand.database, owner, terms=POOR), name)
    (report,) = [own(name)]
    wanted = hand.flow._openings.read(report)
    assert not isinstance(wanted, Refusal)
    async with hand.database.transaction() as tx:
        found = replace(
            hand.flow._openings.of_report(report, wanted, None)[0],
            owner_id=owner,
            origin="finding",
            evidence={"rule": "misfires"},
        )
        await hand.flow._hand_over(tx, [(found, wanted[0])])
    await hand.work()
    assert [one.code for one in await effects(hand, case_id)] == ["mandated"]


@pytest.mark.parametrize("terms", [None, POOR], ids=["none", "without money"])
async def test_what_was_asked_and_still_is_is_not_asked_twice(
    hand: Hand, terms: Terms | None
) -> None:
    """The standing mandate does not pay, either: the question stands, and its yes counts."""
    name, owner = await a_car(hand, terms=terms)
    case_id = await opened(hand, await give(hand.database, owner, terms=POOR), name)
    question = (await hand.question(case_id)).question
    await say(hand, own(name))
    assert (await hand.question(case_id)).question.id == question.id
    assert await asked(hand, case_id) == 1
    await hand.answer(case_id, "yes")
    assert [one.code for one in await effects(hand, case_id)] == ["approved"]


async def test_a_no_stays_a_no(hand: Hand) -> None:
    name, owner = await a_car(hand, terms=POOR)
    case_id = await opened(hand, await give(hand.database, owner, terms=POOR), name)
    await say(hand, own(name))
    await hand.answer(case_id, "no")
    assert (await hand.case(case_id)).outcome is cases.Outcome.REFUSED
    assert await asked(hand, case_id) == 1


async def test_what_is_done_stays_done_and_the_next_is_judged_anew(hand: Hand) -> None:
    name, owner = await a_car(hand, terms=replace(POOR, always_ask=("book",)))
    rich = await give(hand.database, owner)
    case_id = await opened(hand, rich, name)
    await say(hand, own(name))
    await hand.answer(case_id, "slot0")
    assert [one.code for one in await effects(hand, case_id)] == ["mandated", "always_ask"], (
        "by itself the car would have had to ask for it"
    )


async def test_where_nothing_stands_what_was_given_counts_on(hand: Hand) -> None:
    name, owner = await a_car(hand, terms=None)
    case_id = await opened(hand, await give(hand.database, owner), name)
    await say(hand, own(name))
    await hand.answer(case_id, "slot0")
    assert [one.code for one in await effects(hand, case_id)] == ["mandated", "mandated"]
    assert "case.on_its_own" not in await hand.kinds(case_id)


async def test_in_one_group_with_the_agent_it_rests_on_its_own(hand: Hand) -> None:
    name, owner = await a_car(hand)
    poor = await give(hand.database, owner, terms=POOR)
    agents = replace(own(name), reporter=poor.to or "", mandate_id=poor.id)
    first, second = await say(hand, agents, own(name))
    assert isinstance(first, Answer)
    assert isinstance(second, Answer)
    assert first.case_id
    assert first.case_id == second.case_id
    assert [one.code for one in await effects(hand, first.case_id)] == ["mandated"]


async def test_another_agent_that_joins_changes_nothing(hand: Hand) -> None:
    name, owner = await a_car(hand)
    case_id = await opened(hand, await give(hand.database, owner, terms=POOR), name)
    rich = await give(hand.database, owner, terms=REPAIRS)
    assert await opened(hand, rich, name) == case_id
    assert [one.code for one in await effects(hand, case_id)] == ["no_money"]


async def test_whichever_comes_first_zero_touch_stays(hand: Hand) -> None:
    """The car says it while the journey is under way to the owner."""
    for _ in range(5):
        name, owner = await a_car(hand)
        poor = await give(hand.database, owner, terms=POOR)
        agents = replace(own(name), reporter=poor.to or "", mandate_id=poor.id)
        async with hand.database.transaction() as tx:
            (first,) = await hand.flow.take_reports(tx, [agents])
        assert isinstance(first, Answer)
        assert first.case_id
        await asyncio.gather(hand.work(), say(hand, own(name)))
        await hand.work()
        codes = [one.code for one in await effects(hand, first.case_id)]
        assert codes == ["mandated"]
