from datetime import datetime, timedelta

import pytest
from tests.hand import Hand
from tests.journeys.garage import COIL, MINUTE, MISFIRE, car, open_garage, stock

from thingdesk import decisions, fulfilment, journeys, parties
from thingdesk.cases import Outcome, State
from thingdesk.fulfilment import JobState
from thingdesk.parties import NewOwner
from thingdesk.platform import clock
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refusal


@pytest.fixture(scope="module")
async def hand(database: Database) -> Hand:
    return await open_garage(database)


async def healthy(
    hand: Hand, name: str, turnable: clock.Turnable, codes: tuple[str, ...] = ()
) -> None:
    turnable.turn(timedelta(hours=1))
    start = clock.now() - 30 * MINUTE
    await hand.say(name, "speed", [50] * 15, start=start, codes=codes)


async def test_the_owner_only_picks_the_date(hand: Hand) -> None:
    await car(hand, "car-1")
    before = await stock(hand, "Centre Near")
    turnable = clock.Turnable()
    with clock.reading(turnable):
        case_id = await hand.opened("car-1", "vehicle.repair", MISFIRE)
        asked = (await hand.question(case_id)).question
        assert len({option.words.split(",")[0] for option in asked.options}) > 1, "several days"
        assert await stock(hand, "Centre Near") == before - 1
        await hand.answer(case_id, asked.options[2].id)
        job = await hand.accept(case_id)
        assert job.offer.part == COIL
        await hand.finish(job)
        await healthy(hand, "car-1", turnable, codes=("P0301",))
        assert (await hand.case(case_id)).state is State.VERIFYING, "the code is still there"
        await healthy(hand, "car-1", turnable)
    case = await hand.case(case_id)
    assert case.outcome is Outcome.VERIFIED
    assert case.outcome_data
    assert case.outcome_data["centre"] == "Centre Near"
    told = await hand.told(case_id)
    assert told.count(("owner", "decision.asked")) == 1
    assert told.count(("owner", "case.ended")) == told.count(("machine", "case.ended")) == 1


async def test_a_provider_who_declines_is_passed_over_and_the_part_comes_along(hand: Hand) -> None:
    await car(hand, "car-2")
    near, far = await stock(hand, "Centre Near"), await stock(hand, "Centre Far")
    case_id = await hand.opened("car-2", "vehicle.repair", MISFIRE)
    await hand.answer(case_id, "slot0")
    await hand.decline(case_id)
    assert (await stock(hand, "Centre Near"), await stock(hand, "Centre Far")) == (near, far - 1)
    job = await hand.accept(case_id)
    async with hand.database.transaction() as tx:
        ledger = await journeys.effects_of(tx, case_id)
    assert [(one.name, one.state) for one in ledger] == [
        ("reserve_part", "undone"),
        ("book", "undone"),
        ("reserve_part", "done"),
        ("book", "done"),
    ]
    assert job.offer.appointment


async def test_a_silent_provider_is_passed_over_at_the_deadline(hand: Hand) -> None:
    await car(hand, "car-3")
    turnable = clock.Turnable()
    with clock.reading(turnable):
        case_id = await hand.opened("car-3", "vehicle.breakdown", {"code": "P0217"})
        first = await hand.offered(case_id)
        turnable.turn(2 * MINUTE)
        await hand.tick()
        second = await hand.offered(case_id)
    assert first.offer.provider != second.offer.provider


async def test_a_machine_that_is_sold_ends_the_journey_and_nothing_stays(hand: Hand) -> None:
    await car(hand, "car-8")
    before = await stock(hand, "Centre Near")
    case_id = await hand.opened("car-8", "vehicle.repair", MISFIRE)
    async with hand.database.transaction() as tx:
        buyer = await parties.add_owner(tx, NewOwner("buyer@example.org", "Buyer"))
        await parties.transfer(tx, "car-8", buyer.id, clock.now())
    await hand.answer(case_id, "slot0")
    assert (await hand.case(case_id)).outcome is Outcome.WITHDRAWN
    assert await stock(hand, "Centre Near") == before


async def test_a_case_that_is_withdrawn_takes_back_what_was_done(hand: Hand) -> None:
    await car(hand, "car-9")
    before = await stock(hand, "Centre Near")
    case_id = await hand.opened("car-9", "vehicle.repair", MISFIRE)
    await hand.answer(case_id, "slot0")
    job = await hand.offered(case_id)
    async with hand.database.transaction() as tx:
        assert await journeys.withdraw(tx, case_id, "The owner said stop.", "not wanted") == 1
    await hand.work()
    assert (await hand.case(case_id)).outcome is Outcome.WITHDRAWN
    assert await stock(hand, "Centre Near") == before
    async with hand.database.transaction() as tx:
        after = await fulfilment.get_job(tx, job.id)
    assert after
    assert after.state is JobState.CANCELLED


async def test_a_question_of_a_case_that_has_ended_is_put_to_nobody(hand: Hand) -> None:
    await car(hand, "car-16")
    case_id = await hand.opened("car-16", "vehicle.repair", MISFIRE)
    asked = await hand.question(case_id)
    async with hand.database.transaction() as tx:
        await journeys.withdraw(tx, case_id, "The owner said stop.", "not wanted")
    await hand.work()
    async with hand.database.transaction() as tx:
        after = await decisions.get(tx, asked.question.id)
    assert after
    assert after.state is decisions.State.WITHDRAWN


async def test_work_that_is_not_proven_in_time_is_unverified_and_stays_done(hand: Hand) -> None:
    await car(hand, "car-10")
    turnable = clock.Turnable()
    with clock.reading(turnable):
        case_id = await hand.opened("car-10", "vehicle.repair", MISFIRE)
        await hand.answer(case_id, "slot0")
        await hand.finish(await hand.accept(case_id))
        turnable.turn(timedelta(days=6))
        await hand.tick()
    case = await hand.case(case_id)
    assert case.outcome is Outcome.UNVERIFIED
    async with hand.database.transaction() as tx:
        assert {one.state for one in await journeys.effects_of(tx, case_id)} == {"done"}


async def test_a_breakdown_tells_the_owner_at_once_and_when_help_comes(hand: Hand) -> None:
    await car(hand, "car-11")
    turnable = clock.Turnable()
    with clock.reading(turnable):
        start, coolant = clock.now() - MINUTE, "engine_coolant_temperature"
        await hand.say("car-11", coolant, [118] * 4, start=start, every=MINUTE / 3)
        case = await hand.case_of("car-11")
        assert case.service == "vehicle.breakdown"
        told = await hand.told(case.id)
        assert ("machine", "safety.advice") in told
        truck = await hand.accept(case.id)
        assert truck.offer.position
        async with hand.database.transaction() as tx:
            arrival = clock.now() + 20 * MINUTE
            await fulfilment.under_way(tx, truck.id, truck.offer.provider, arrival)
        await hand.work()
        assert (await hand.told(case.id)).count(("owner", "case.told")) == 2
        await hand.finish(truck, "Towed.")
        await hand.answer(case.id, "slot0")
        await hand.finish(await hand.accept(case.id))
        turnable.turn(timedelta(hours=1))
        start = clock.now() - 30 * MINUTE
        await hand.say("car-11", coolant, [90] * 15, start=start)
    ended = await hand.case(case.id)
    assert ended.outcome is Outcome.VERIFIED
    assert ended.outcome_data
    assert datetime.fromisoformat(str(ended.outcome_data["expected"])) == arrival


async def test_nobody_reports_for_a_machine_of_another_owner(hand: Hand) -> None:
    await car(hand, "car-12")
    await car(hand, "car-13")
    answer = await hand.report("car-12", "vehicle.repair", MISFIRE, subject="car-13")
    assert isinstance(answer, Refusal)
    assert answer.code == "not_your_machine"


async def test_an_assistant_of_the_same_owner_joins_the_same_case(hand: Hand) -> None:
    await car(hand, "car-14")
    await hand.machine("assistant-14", "assistant", owner="owner-car-14")
    first = await hand.opened("car-14", "vehicle.repair", MISFIRE)
    answer = await hand.report("assistant-14", "vehicle.repair", MISFIRE, subject="car-14")
    assert not isinstance(answer, Refusal)
    assert answer.case_id == first
    assert ("machine", "case.opened") not in await hand.told(first), "it asked for it itself"
    other = await hand.report("assistant-14", "vehicle.repair", {"code": "P0302"}, subject="car-14")
    assert not isinstance(other, Refusal)
    assert other.case_id
    assert ("machine", "case.opened") in await hand.told(other.case_id)


async def test_a_relapse_reopens_the_case_with_a_new_journey(hand: Hand) -> None:
    await car(hand, "car-15")
    turnable = clock.Turnable()
    with clock.reading(turnable):
        case_id = await hand.opened("car-15", "vehicle.repair", MISFIRE)
        await hand.answer(case_id, "slot0")
        await hand.finish(await hand.accept(case_id))
        await healthy(hand, "car-15", turnable)
        assert (await hand.case(case_id)).outcome is Outcome.VERIFIED
        await hand.say("car-15", "speed", [50], start=clock.now(), codes=("P0301",))
    case = await hand.case_of("car-15")
    assert (case.id, case.state, case.reopened) == (case_id, State.OPEN, 1)
    assert (await hand.question(case_id)).question.words
