"""While the owner thinks about an approval, others take the last part."""

from uuid import UUID

import pytest
from tests.hand import Hand, open_hand

from thingdesk import fulfilment, journeys, mandates, parties
from thingdesk.cases import Outcome
from thingdesk.catalog import Catalog
from thingdesk.flow import Flow
from thingdesk.fulfilment import ReservationState, StockLine
from thingdesk.packs import vehicle
from thingdesk.platform import clock
from thingdesk.platform.database import Database

CENTRES = [f"Centre {n}" for n in range(1, 8)]
COIL = "ignition_coil"


@pytest.fixture
async def hand(database: Database) -> Hand:
    async with database.transaction() as tx:
        await tx.execute("truncate provider, part_stock, machine, owner cascade")
    return await open_hand(database, Flow(Catalog(vehicle.SERVICES), vehicle.RULES))


async def centres(hand: Hand, *names: str) -> None:
    for n, name in enumerate(names):
        await hand.provider(name, "repair_centre", "engine", km=n + 1)
        await stock(hand, name, 1)


async def stock(hand: Hand, name: str, quantity: int) -> None:
    async with hand.database.transaction() as tx:
        known = (await parties.providers_of_kinds(tx, ["repair_centre"]))["repair_centre"]
        (found,) = [one for one in known if one.name == name]
        await fulfilment.set_stock(tx, [StockLine(found.id, COIL, quantity)])


async def asked_for(hand: Hand, case_id: UUID) -> str:
    """The words of the approval that the owner is asked for."""
    question = (await hand.question(case_id)).question
    assert question.approves
    return question.words


async def begun(hand: Hand, name: str) -> UUID:
    """A repair whose owner has given no mandate, so that every effect is asked for."""
    await hand.machine(name, "car", owner=f"owner-{name}")
    return await hand.opened(name, "vehicle.repair", {"code": "P0301"})


async def test_the_next_centre_is_asked_for_anew_with_the_reason(hand: Hand) -> None:
    await centres(hand, "Centre 1", "Centre 2")
    case_id = await begun(hand, "car-1")
    first = (await hand.question(case_id)).question
    assert "at Centre 1" in first.words
    await stock(hand, "Centre 1", 0)
    await hand.answer(case_id, "yes")
    second = (await hand.question(case_id)).question
    assert second.words.startswith("The last ignition coil at Centre 1 is gone. May we")
    assert "at Centre 2 for car-1 for 189.00 EUR" in second.words
    assert second.options[0].approves not in (None, first.options[0].approves), "one action"
    await hand.answer(case_id, "yes")
    slots = (await hand.question(case_id)).question
    assert {option.data["at"] for option in slots.options} == {"Centre 2"}
    async with hand.database.transaction() as tx:
        ledger = await journeys.effects_of(tx, case_id)
        case = await hand.case(case_id)
        assert case.owner_id
        (part,) = await fulfilment.parts_of(tx, case_id)
    assert [(one.details["name"], one.state) for one in ledger] == [
        ("Centre 1", "failed"),
        ("Centre 2", "done"),
    ]
    assert part.state is ReservationState.RESERVED


async def test_a_no_to_the_next_centre_ends_it_and_nothing_stays(hand: Hand) -> None:
    await centres(hand, "Centre 1", "Centre 2")
    case_id = await begun(hand, "car-2")
    await stock(hand, "Centre 1", 0)
    await hand.answer(case_id, "yes")
    await hand.answer(case_id, "no")
    case = await hand.case(case_id)
    assert case.outcome is Outcome.REFUSED
    assert case.outcome_data
    assert case.outcome_data["code"] == "not_approved"
    async with hand.database.transaction() as tx:
        assert await fulfilment.parts_of(tx, case_id) == []


async def test_when_nobody_has_one_left_the_outcome_says_who_had(hand: Hand) -> None:
    await centres(hand, "Centre 1", "Centre 2")
    case_id = await begun(hand, "car-3")
    for name in ("Centre 1", "Centre 2"):
        await stock(hand, name, 0)
        await hand.answer(case_id, "yes")
        if name == "Centre 1":
            await stock(hand, "Centre 1", 1)
    case = await hand.case(case_id)
    assert case.outcome is Outcome.REFUSED, "who was tried once is not tried again"
    assert case.outcome_data
    assert case.outcome_data["code"] == "part_out_of_stock"
    assert "Centre 1 and Centre 2" in case.outcome_data["reason"]
    async with hand.database.transaction() as tx:
        assert case.owner_id
        assert await mandates.spent_in_period(tx, case.owner_id, clock.now()) == []


async def test_the_owner_is_not_asked_for_ever(hand: Hand) -> None:
    await centres(hand, *CENTRES)
    case_id = await begun(hand, "car-4")
    tries = 0
    while (await hand.case(case_id)).outcome is None:
        await stock(hand, CENTRES[tries], 0)
        await hand.answer(case_id, "yes")
        tries += 1
    assert tries == 5


async def test_passing_on_skips_a_centre_that_gave_its_last_one_away(hand: Hand) -> None:
    await centres(hand, "Centre 1", "Centre 2", "Centre 3")
    case_id = await begun(hand, "car-5")
    await hand.answer(case_id, "yes")
    await hand.answer(case_id, "slot0")
    await hand.decline(case_id)
    assert "at Centre 2" in await asked_for(hand, case_id)
    await stock(hand, "Centre 2", 0)
    await hand.answer(case_id, "yes")
    assert "at Centre 3" in await asked_for(hand, case_id)
    await hand.answer(case_id, "yes")
    await hand.answer(case_id, "yes")
    job = await hand.accept(case_id)
    async with hand.database.transaction() as tx:
        taker = await parties.get_provider(tx, job.offer.provider)
        reserved = [
            one.provider
            for one in await fulfilment.parts_of(tx, case_id)
            if one.state is ReservationState.RESERVED
        ]
    assert taker
    assert (taker.name, reserved) == ("Centre 3", [taker.id])
