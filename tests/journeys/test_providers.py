"""Many machines and few providers: places, times and money that are agreed with them."""

import asyncio
from datetime import timedelta

import pytest
from tests.hand import Hand, open_hand

from thingdesk import fulfilment, journeys, mandates, timeline
from thingdesk.cases import Answer
from thingdesk.cases import Outcome as Ended
from thingdesk.catalog import Catalog
from thingdesk.flow import Flow
from thingdesk.fulfilment import ReservationState, StockLine
from thingdesk.mandates import Terms
from thingdesk.platform import clock
from thingdesk.platform.database import Database
from thingdesk.platform.money import Money
from thingdesk.sdk import (
    Data,
    Journey,
    Outcome,
    OwnerPicks,
    Promise,
    hours,
    in_range,
    service,
)

PRICE = Money(5000, "EUR")
TERMS = Terms(("shop.*",), per_case=Money(50000, "EUR"), per_period=Money(99000, "EUR"))


class Wish(Data):
    part: str = "wheel"


class Met(Outcome):
    by: str = ""


@service("shop.rescue", title="Rescue", promise=Promise(), effects=("dispatch",), safety=True)
async def rescue(journey: Journey, wish: Wish) -> Met:
    truck = await journey.dispatch("truck", task="tow", words=f"Bring a {wish.part}.")
    await journey.done(truck)
    return Met(words="Towed.", by=truck.provider.name)


@service(
    "shop.fit", title="Fit a part", promise=Promise(), effects=("reserve_part", "book", "dispatch")
)
async def fit(journey: Journey, wish: Wish) -> Met:
    shop = (await journey.reserve_part("shop", wish.part, price=PRICE)).provider
    when = OwnerPicks(within=hours(24))
    job = await journey.book(shop, when, task="fit", words="Fit it.", price=PRICE)
    await journey.done(job)
    await journey.dispatch("inspector", task="inspect", words="Look at it.")
    await journey.verify(in_range("speed", high=10), within=hours(24))
    return Met(words="Fitted.", by=job.provider.name)


@pytest.fixture(scope="module")
async def hand(database: Database) -> Hand:
    one = await open_hand(database, Flow(Catalog((rescue, fit)), ()))
    shop = await one.provider("Shop", "shop", km=1)
    await one.provider("Near", "truck", km=1)
    await one.provider("Next", "truck", km=5)
    await one.provider("Last", "truck", km=9)
    await one.provider("Misspelt", "inspecter", km=1)
    async with database.transaction() as tx:
        await fulfilment.set_stock(tx, [StockLine(shop.id, "wheel", 50)])
    return one


async def bike(hand: Hand, name: str) -> None:
    owner = await hand.machine(name, "bike", owner=f"owner-{name}")
    assert owner
    async with hand.database.transaction() as tx:
        await mandates.grant(tx, owner, TERMS)


async def test_nobody_is_offered_more_jobs_at_once_than_they_have_places_for(hand: Hand) -> None:
    names = [f"rescued-{n}" for n in range(6)]
    for name in names:
        await bike(hand, name)
    answers = [await hand.take(name, "shop.rescue", {}) for name in names]
    # two workers, so that each other's offers are not committed yet when they look
    await asyncio.gather(hand.work(batch=3), hand.work(batch=3))
    cases = [one.case_id for one in answers if isinstance(one, Answer) and one.case_id]
    offered = [(await hand.offered(one)).offer.provider for one in cases]
    assert sorted(offered.count(one) for one in set(offered)) == [2, 2, 2]


async def test_what_is_done_stays_paid_when_the_journey_fails_after_it(hand: Hand) -> None:
    await bike(hand, "paid")
    case_id = await hand.opened("paid", "shop.fit", {})
    await hand.answer(case_id, "slot0")
    await hand.finish(await hand.accept(case_id))
    case = await hand.case(case_id)
    assert (case.outcome, case.outcome_data and case.outcome_data["code"]) == (
        Ended.REFUSED,
        "no_provider",
    )
    said = "No provider is free for this (inspector): no inspector is registered."
    assert case.outcome_words == said
    async with hand.database.transaction() as tx:
        read = await timeline.read(tx, f"case:{case_id}")
        looked = [
            one.value["found"] for one in read if one.kind == "journey.considered" and one.value
        ]
        assert looked[-1]["why"] == ["no inspector is registered; did you mean inspecter?"]
        assert case.owner_id
        spent = await mandates.spent_in_period(tx, case.owner_id, clock.now())
        (part,) = await fulfilment.parts_of(tx, case_id)
        states = [one.state for one in await journeys.effects_of(tx, case_id)]
    assert spent == [Money(10000, "EUR")]
    assert part.state is ReservationState.USED
    assert states == ["done", "done"]
    kinds = await hand.kinds(case_id)
    assert kinds.count("money.settled") == 2
    assert "money.released" not in kinds


async def test_a_time_that_others_took_meanwhile_is_moved_and_the_owner_told(hand: Hand) -> None:
    jobs = []
    for name in ("first", "second", "third"):
        await bike(hand, name)
        jobs.append(await hand.opened(name, "shop.fit", {}))
    for case_id in jobs:
        await hand.answer(case_id, "slot1")
    offers = [(await hand.offered(case_id)).offer for case_id in jobs]
    async with hand.database.transaction() as tx:
        times = [
            (await fulfilment.appointments_of(tx, case_id))[-1].period.start for case_id in jobs
        ]
    assert times[0] == times[1] < times[2] <= times[0] + timedelta(hours=1)
    assert len({offer.provider for offer in offers}) == 1
    for case_id in jobs:
        await hand.accept(case_id)
    told = [("owner", "case.told") in await hand.told(case_id) for case_id in jobs]
    assert told == [False, False, True]
