"""What an owner reads when a case has ended: of what, how, for how much, and what comes now."""

from datetime import timedelta
from uuid import UUID

import pytest
from tests.hand import Hand
from tests.journeys.garage import MINUTE, MISFIRE, car, open_garage

from thingdesk import notices
from thingdesk.notices import To
from thingdesk.platform import clock
from thingdesk.platform.database import Database


@pytest.fixture(scope="module")
async def hand(database: Database) -> Hand:
    return await open_garage(database)


async def mail(hand: Hand, case_id: UUID) -> list[str]:
    async with hand.database.transaction() as tx:
        told = [one.notice for one in await notices.of_case(tx, case_id)]
    (words,) = [one.words for one in told if (one.to.kind, one.kind) == (To.OWNER, "case.ended")]
    return words.splitlines()


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
        "Repair a fault · told-1: it is well again",
        "",
        "Your machine: told-1 (car)",
        "What happened: It asked for help: Repair a fault (code P0301).",
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
    assert words[0] == f"{case.title} · told-2: not done"
    assert "What came of it: Nobody who could do it is free." in words
    assert "What it cost you: nothing" in words
    assert "registered" not in " ".join(words)
