"""When help is under way, its owner knows when it comes, also when that changes."""

import pytest
from tests import whose
from tests.hand import Hand
from tests.journeys.garage import MINUTE, MISFIRE, car, open_garage

from thingdesk import fulfilment, notices
from thingdesk.platform import clock, formats
from thingdesk.platform.database import Database


@pytest.fixture(scope="module")
async def hand(database: Database) -> Hand:
    return await open_garage(database)


async def test_who_waits_for_help_is_told_when_it_comes_much_later_or_earlier(hand: Hand) -> None:
    await car(hand, "car-15")
    case_id = await hand.opened("car-15", "vehicle.breakdown", {"code": "P0217"})
    truck = await hand.accept(case_id)
    start = clock.now()
    heard = []
    for minutes in (20, 26, 31, 26, 21, 36, 20):
        async with hand.database.transaction() as tx:
            arrival = start + minutes * MINUTE
            await fulfilment.under_way(tx, truck.id, truck.offer.provider, arrival)
        await hand.work()
        async with hand.database.transaction() as tx:
            told = [one.notice for one in await notices.of_case(tx, case_id)]
        words = [one.words for one in told if "than expected" in one.words]
        heard.append(len(words))
    assert heard == [0, 0, 1, 1, 1, 1, 2], "31 is far from 20, 21 is not from 31"
    later, earlier = words
    async with hand.database.transaction() as tx:
        owner = await whose.owner_of(tx, "car-15", start)
    assert owner
    expected = formats.moment(start + 31 * MINUTE, owner.zone)
    assert later == f"Truck One comes later than expected: on {expected} ({owner.zone}), to car-15."
    assert earlier.startswith("Truck One comes earlier than expected: on ")


async def test_who_says_late_when_it_comes_is_told_all_the_same(hand: Hand) -> None:
    await car(hand, "car-17")
    turnable = clock.Turnable()
    with clock.reading(turnable):
        case_id = await hand.opened("car-17", "vehicle.breakdown", {"code": "P0217"})
        truck = await hand.accept(case_id)
        turnable.turn(12 * MINUTE)
        await hand.work()
        arrival = clock.now() + 45 * MINUTE
        async with hand.database.transaction() as tx:
            await fulfilment.under_way(tx, truck.id, truck.offer.provider, arrival)
        async with hand.database.transaction() as tx:
            told = [one.notice for one in await notices.of_case(tx, case_id)]
            owner = await whose.owner_of(tx, "car-17", clock.now())
    assert owner
    words = [one.words for one in told if "Truck One" in one.words]
    expected = formats.moment(arrival, owner.zone)
    assert words == [
        "Truck One comes to you, and has not said when.",
        f"Truck One is expected on {expected} ({owner.zone}), to car-17.",
    ]


async def test_a_new_time_of_a_visit_that_is_no_help_is_not_told(hand: Hand) -> None:
    await car(hand, "car-16")
    case_id = await hand.opened("car-16", "vehicle.repair", MISFIRE)
    await hand.answer(case_id, "slot0")
    job = await hand.accept(case_id)
    before = await hand.told(case_id)
    for minutes in (20, 90):
        async with hand.database.transaction() as tx:
            arrival = clock.now() + minutes * MINUTE
            await fulfilment.under_way(tx, job.id, job.offer.provider, arrival)
    assert await hand.told(case_id) == before


async def test_a_time_that_goes_back_and_forth_fills_no_box(hand: Hand) -> None:
    await car(hand, "car-18")
    case_id = await hand.opened("car-18", "vehicle.breakdown", {"code": "P0217"})
    truck = await hand.accept(case_id)
    start = clock.now()
    for minutes in (20, 40) * 6:
        async with hand.database.transaction() as tx:
            arrival = start + minutes * MINUTE
            await fulfilment.under_way(tx, truck.id, truck.offer.provider, arrival)
        await hand.work()
    async with hand.database.transaction() as tx:
        told = [one.notice.words for one in await notices.of_case(tx, case_id)]
        job = await fulfilment.get_job(tx, truck.id)
    words = [one for one in told if "than expected" in one]
    assert len(words) == 5
    rest = "Should that change again, your page shows it, and no mail is sent."
    assert [one.endswith(rest) for one in words] == [False] * 4 + [True]
    assert job
    assert job.arrival == arrival, "what the page shows"
