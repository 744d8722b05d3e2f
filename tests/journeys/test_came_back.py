"""A problem that is back before its case could end."""

from datetime import timedelta

import pytest
from tests.hand import Hand
from tests.journeys.garage import open_workshop

from thingdesk import cases
from thingdesk.cases import Case, Outcome, State
from thingdesk.platform import clock
from thingdesk.platform.database import Database

HALF_HOUR = timedelta(minutes=30)
GOOD, BAD = [80.0] * 8, [60.0] * 27


@pytest.fixture(scope="module")
async def hand(database: Database) -> Hand:
    return await open_workshop(database)


async def cases_of(hand: Hand, machine: str) -> list[Case]:
    async with hand.database.transaction() as tx:
        found = await cases.search(tx, cases.CaseFilter(subject=machine, most=10))
    return sorted(found, key=lambda case: case.opened_at)


@pytest.mark.parametrize("cut", [1, 8, 20, 35])
async def test_what_fails_again_after_the_proof_is_a_case_however_it_arrives(
    hand: Hand, cut: int
) -> None:
    """The machine was away and delivers its queue, in as many pieces as it likes."""
    name = f"press-{cut}"
    await hand.machine(name, "press")
    turnable = clock.Turnable()
    with clock.reading(turnable):
        start = clock.now() - timedelta(hours=14)
        await hand.say(name, "temperature", [80, *BAD], start=start, every=HALF_HOUR)
        first = await hand.case_of(name)
        await hand.finish(await hand.accept(first.id))
        turnable.turn(timedelta(hours=19))
        start = clock.now() - timedelta(hours=18)
        later = [*GOOD, *BAD]
        for n in range(0, len(later), cut):
            part = later[n : n + cut]
            await hand.say(name, "temperature", part, start=start + n * HALF_HOUR, every=HALF_HOUR)
        before, after = await cases_of(hand, name)
    assert before.outcome is Outcome.VERIFIED
    assert after.state is State.OPEN
    # a relapse window of twelve hours, which ends before the thirteenth bad hour
    assert after.reopened == 0
    await hand.accept(after.id)
