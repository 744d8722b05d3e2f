from datetime import datetime, timedelta

import pytest
from tests.hand import Hand
from tests.journeys.garage import MISFIRE, car, open_garage, stock

from thingdesk import journeys, mandates, notices, parties
from thingdesk.cases import Outcome
from thingdesk.fulfilment import Period
from thingdesk.fulfilment import effects as world
from thingdesk.mandates import Entitlement, EntitlementKind, Payer, Terms
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database
from thingdesk.platform.money import Money


@pytest.fixture(scope="module")
async def hand(database: Database) -> Hand:
    return await open_garage(database)


async def test_without_a_mandate_the_owner_is_asked_and_a_yes_fits_one_action(hand: Hand) -> None:
    await car(hand, "car-4", terms=None)
    before = await stock(hand, "Centre Near")
    case_id = await hand.opened("car-4", "vehicle.repair", MISFIRE)
    approval = (await hand.question(case_id)).question
    assert approval.approves
    assert "189.00 EUR" in approval.words
    assert await stock(hand, "Centre Near") == before
    await hand.answer(case_id, "yes")
    assert await stock(hand, "Centre Near") == before - 1
    times = (await hand.question(case_id)).question
    assert "slot0" in [one.id for one in times.options]
    await hand.answer(case_id, "slot1")
    job = await hand.accept(case_id)
    assert job.offer.appointment, "it was not asked for again"
    async with hand.database.transaction() as tx:
        ledger = await journeys.effects_of(tx, case_id)
    assert [(one.name, one.code) for one in ledger] == [
        ("reserve_part", "approved"),
        ("book", "approved"),
    ]


async def test_without_a_mandate_and_an_answer_nothing_is_booked(hand: Hand) -> None:
    await car(hand, "car-17", terms=None)
    before = await stock(hand, "Centre Near")
    turnable = clock.Turnable()
    with clock.reading(turnable):
        case_id = await hand.opened("car-17", "vehicle.repair", MISFIRE)
        await hand.answer(case_id, "yes")
        assert (await hand.question(case_id)).question.default is None
        turnable.turn(timedelta(hours=25))
        await hand.tick()
    case = await hand.case(case_id)
    assert case.outcome is Outcome.REFUSED
    assert case.outcome_data
    assert case.outcome_data["code"] == "not_approved"
    assert await stock(hand, "Centre Near") == before


async def test_a_time_that_is_gone_is_approved_anew(hand: Hand) -> None:
    await car(hand, "car-18", terms=None)
    case_id = await hand.opened("car-18", "vehicle.repair", MISFIRE)
    await hand.answer(case_id, "yes")
    asked = (await hand.question(case_id)).question
    chosen = asked.options[0].data
    async with hand.database.transaction() as tx:
        near = next(
            one
            for one in (await parties.providers_of_kinds(tx, ["repair_centre"]))["repair_centre"]
            if one.name == "Centre Near"
        )
        period = Period(*(datetime.fromisoformat(chosen[name]) for name in ("start", "end")))
        for _ in range(2):
            await world.book(tx, ids.new(), near.id, period, "car-x", ids.new())
    await hand.answer(case_id, asked.options[0].id)
    again = (await hand.question(case_id)).question
    assert again.proposal
    assert again.proposal.at
    assert again.proposal.at != datetime.fromisoformat(chosen["start"])
    assert again.approves
    assert again.options[0].approves not in {one.approves for one in asked.options}
    await hand.answer(case_id, "yes")
    job = await hand.accept(case_id)
    assert job.offer.details["appointment"]["start"] == again.proposal.at.isoformat()


@pytest.mark.parametrize("answer", ["no", None])
async def test_a_no_and_no_answer_are_the_same(hand: Hand, answer: str | None) -> None:
    name = f"car-5-{answer}"
    await car(hand, name, terms=None)
    before = await stock(hand, "Centre Near")
    turnable = clock.Turnable()
    with clock.reading(turnable):
        case_id = await hand.opened(name, "vehicle.repair", MISFIRE)
        if answer:
            await hand.answer(case_id, answer)
        else:
            turnable.turn(timedelta(hours=25))
            await hand.tick()
    case = await hand.case(case_id)
    assert case.outcome is Outcome.REFUSED
    assert case.outcome_data == {
        "code": "not_approved",
        "reason": "The owner did not approve it.",
        "recovery": "ask_owner",
    }
    async with hand.database.transaction() as tx:
        said = {
            one.notice.to.kind.value: one.notice.words
            for one in await notices.of_case(tx, case_id)
            if one.notice.kind == "case.ended"
        }
    assert said["machine"] == "The owner did not approve it."
    assert said["owner"].splitlines()[0] == f"Repair a fault · {name}, code P0301: not done"
    assert "What came of it: You did not say yes to it." in said["owner"]
    assert await stock(hand, "Centre Near") == before


async def test_what_is_beyond_the_mandate_is_asked_and_the_reason_said(hand: Hand) -> None:
    await car(hand, "car-6", Terms(("vehicle.*",), per_case=Money(10000, "EUR")))
    case_id = await hand.opened("car-6", "vehicle.repair", MISFIRE)
    assert (await hand.question(case_id)).question.approves
    assert "effect.asked" in await hand.kinds(case_id)


async def test_a_mandate_that_is_revoked_while_the_journey_waits_counts(hand: Hand) -> None:
    owner = await car(hand, "car-7")
    case_id = await hand.opened("car-7", "vehicle.repair", MISFIRE)
    async with hand.database.transaction() as tx:
        await mandates.revoke(tx, owner, "sold on")
    await hand.answer(case_id, "slot0")
    assert (await hand.question(case_id)).question.approves, "booking is asked for now"


async def test_a_yes_to_what_the_maker_pays_is_none_to_the_owners_money(hand: Hand) -> None:
    await car(hand, "car-19", terms=None)
    warranty = Entitlement(
        ids.new(), EntitlementKind.WARRANTY, "car-19", "W19", Payer.MAKER, ("vehicle.repair",)
    )
    async with hand.database.transaction() as tx:
        await mandates.add_entitlement(tx, warranty)
    case_id = await hand.opened("car-19", "vehicle.repair", MISFIRE)
    async with hand.database.transaction() as tx:
        await mandates.end_entitlement(tx, warranty.id, clock.now())
    await hand.answer(case_id, "yes")
    assert "money.reserved" not in await hand.kinds(case_id)
    again = (await hand.question(case_id)).question
    assert again.proposal
    assert [one.payer for one in again.proposal.costs] == [Payer.OWNER]
    await hand.answer(case_id, "yes")
    async with hand.database.transaction() as tx:
        (part,) = await journeys.effects_of(tx, case_id)
    assert (part.name, part.code, part.payer) == ("reserve_part", "approved", Payer.OWNER)
