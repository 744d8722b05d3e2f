"""A machine comes back to whom it belonged before."""

from datetime import timedelta

import pytest
from tests.hand import Hand
from tests.journeys.garage import MISFIRE, open_garage, owned

from thingdesk import parties
from thingdesk.cases import Outcome
from thingdesk.platform import clock
from thingdesk.platform.database import Database


@pytest.fixture(scope="module")
async def hand(database: Database) -> Hand:
    return await open_garage(database)


async def test_who_buys_a_machine_back_has_a_case_of_their_own(hand: Hand) -> None:
    """A relapse is of the same ownership: what was before it they cannot see, nor answer."""
    first_owner = await owned(hand, "car-15")
    turnable = clock.Turnable()
    with clock.reading(turnable):
        case_id = await hand.opened("car-15", "vehicle.repair", MISFIRE)
        await hand.answer(case_id, "slot0")
        await hand.finish(await hand.accept(case_id))
        turnable.turn(timedelta(days=6))
        await hand.tick()
        assert (await hand.case(case_id)).outcome is Outcome.UNVERIFIED
        await hand.sell("car-15", "next-15")
        assert await hand.sell("car-15", "owner-car-15") == first_owner
        again = await hand.opened("car-15", "vehicle.repair", MISFIRE)
        async with hand.database.transaction() as tx:
            (now,) = await parties.owned_by(tx, first_owner, clock.now())
        case = await hand.case(again)
    assert (again == case_id, case.opened_at >= now.begins) == (False, True)
