"""What an owner is told of what they did not choose: a time that was taken for them, an end."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from tests.hand import Hand
from tests.journeys.garage import MINUTE, MISFIRE, car, open_garage

from thingdesk import decisions, notices
from thingdesk.notices import To
from thingdesk.platform import clock, formats
from thingdesk.platform.database import Database


@pytest.fixture(scope="module")
async def hand(database: Database) -> Hand:
    return await open_garage(database)


async def mail(hand: Hand, case_id: UUID) -> list[str]:
    async with hand.database.transaction() as tx:
        told = [one.notice for one in await notices.of_case(tx, case_id)]
    (words,) = [one.words for one in told if (one.to.kind, one.kind) == (To.OWNER, "case.ended")]
    return words.splitlines()


async def appointments(hand: Hand, case_id: UUID) -> list[str]:
    async with hand.database.transaction() as tx:
        told = [one.notice for one in await notices.of_case(tx, case_id)]
    return [one.words for one in told if (one.to.kind, one.kind) == (To.OWNER, "case.told")]


@pytest.mark.parametrize("how", ["spared", "unanswered", "answered"])
async def test_an_appointment_that_was_chosen_for_the_owner_is_told(hand: Hand, how: str) -> None:
    name = f"chosen-{how}"
    owner = await car(hand, name)
    turnable = clock.Turnable()
    with clock.reading(turnable):
        async with hand.database.transaction() as tx:
            await decisions.choose_attention(tx, owner, 0 if how == "spared" else 3)
        asked = clock.now()
        case_id = await hand.opened(name, "vehicle.repair", MISFIRE)
        if how == "answered":
            await hand.answer(case_id, "slot0")
        elif how == "unanswered":
            turnable.turn(timedelta(hours=25))
            await hand.tick()
        assert await appointments(hand, case_id) == [], "they have not accepted it yet"
        job = await hand.accept(case_id)
    start = datetime.fromisoformat(job.offer.details["appointment"]["start"])
    assert (start >= asked + timedelta(hours=24)) == (how != "answered")
    time = f"{formats.moment(start, 'Europe/Berlin')} (Europe/Berlin)"
    said = [f"Centre Near will see to {name} on {time}."]
    assert await appointments(hand, case_id) == ([] if how == "answered" else said)


async def test_a_repair_says_of_which_car_what_came_of_it_and_what_it_cost(hand: Hand) -> None:
    await car(hand, "told-1")
    turnable = clock.Turnable()
    with clock.reading(turnable):
        case_id = await hand.opened("told-1", "vehicle.repair", MISFIRE)
        asked = (await hand.question(case_id)).question
        await hand.answer(case_id, asked.options[0].id)
        await hand.finish(await hand.accept(case_id))
        turnable.turn(timedelta(days=1))
        await hand.say("told-1", "speed", [50] * 15, start=clock.now() - 30 * MINUTE, codes=())
    case = await hand.case(case_id)
    assert await mail(hand, case_id) == [
        "Repair a fault · told-1, code P0301: it is well again",
        "",
        "Your machine: told-1 (car)",
        "What happened: It reported trouble code P0301.",
        f"What came of it: {case.outcome_words}",
        "What it cost you: 189.00 EUR",
        "What comes now: There is nothing left for you to do.",
    ]


async def test_what_nobody_could_do_is_told_without_the_registers_of_the_desk(hand: Hand) -> None:
    await car(hand, "told-2")
    case_id = await hand.opened("told-2", "vehicle.breakdown", {"code": "P0217"})
    await hand.decline(case_id)
    await hand.decline(case_id)
    case = await hand.case(case_id)
    assert case.outcome_words
    assert "registered" in case.outcome_words, "staff and the machine read why"
    words = await mail(hand, case_id)
    assert words[0] == f"{case.title} · told-2, code P0217: not done"
    assert "What came of it: Nobody who could do it is free." in words
    assert "What it cost you: nothing" in words
    assert "registered" not in " ".join(words)
