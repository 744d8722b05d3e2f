"""What proves at the whole desk: a queue, a machine without a clock, and a recording."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from tests.hand import Hand
from tests.journeys.garage import open_workshop

from thingdesk import timeline
from thingdesk.cases import Outcome, State
from thingdesk.platform import clock
from thingdesk.platform.database import Database

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
async def hand(database: Database) -> Hand:
    return await open_workshop(database)


async def mended(hand: Hand, name: str, *, ends: datetime, recorded: bool = False) -> UUID:
    """The case of a press that was cold for thirteen hours by its own clock, and was mended."""
    await hand.machine(name, "press", recorded=recorded)
    start = ends - 13 * HOUR
    await hand.say(name, "temperature", [80, *[60] * 26], start=start, every=HOUR / 2)
    case = await hand.case_of(name)
    await hand.finish(await hand.accept(case.id))
    return case.id


async def warm(hand: Hand, name: str, start: datetime, count: int = 9) -> None:
    await hand.say(name, "temperature", [80] * count, start=start, every=10 * MINUTE)


async def state(hand: Hand, case_id: UUID) -> State:
    return (await hand.case(case_id)).state


async def proof(hand: Hand, case_id: UUID) -> dict[str, object]:
    async with hand.database.transaction() as tx:
        entries = await timeline.read(tx, f"case:{case_id}")
    (found,) = [one for one in entries if one.kind == "verification.proven"]
    assert found.value
    progress: dict[str, object] = found.value["progress"]
    return progress


async def test_a_queue_in_delivery_when_the_work_is_done_proves_nothing(hand: Hand) -> None:
    """The press is at yesterday's hours with its queue: all of it was observed before."""
    turnable = clock.Turnable()
    with clock.reading(turnable):
        yesterday = clock.now() - 24 * HOUR
        case_id = await mended(hand, "press-1", ends=yesterday)
        await warm(hand, "press-1", yesterday + HOUR, count=130)
        assert await state(hand, case_id) is State.VERIFYING
        turnable.turn(2 * HOUR)
        await warm(hand, "press-1", clock.now() - 90 * MINUTE)
    assert (await hand.case(case_id)).outcome is Outcome.VERIFIED


async def test_the_same_hours_of_a_recording_are_its_present(hand: Hand) -> None:
    turnable = clock.Turnable()
    with clock.reading(turnable):
        yesterday = clock.now() - 24 * HOUR
        case_id = await mended(hand, "press-2", ends=yesterday, recorded=True)
        await warm(hand, "press-2", yesterday - HOUR, count=6)
        assert await state(hand, case_id) is State.VERIFYING, "what it said before does not count"
        await warm(hand, "press-2", yesterday + HOUR)
    assert (await hand.case(case_id)).outcome is Outcome.VERIFIED


YEARS = timedelta(days=3660)


@pytest.mark.parametrize(("name", "off"), [("press-3", -YEARS), ("press-4", YEARS)])
async def test_a_clock_that_is_years_off_is_proven_by_receipt_and_not_by_what_it_says(
    hand: Hand, name: str, off: timedelta
) -> None:
    turnable = clock.Turnable()
    with clock.reading(turnable):
        case_id = await mended(hand, name, ends=clock.now())
        turnable.turn(MINUTE)
        await warm(hand, name, clock.now() + off, count=90)
        assert await state(hand, case_id) is State.VERIFYING, "all of it came at once"
        await _for_an_hour(hand, name, turnable, clock.now() + off)
    assert (await hand.case(case_id)).outcome is Outcome.VERIFIED
    said = await proof(hand, case_id)
    assert said["untrusted"] == said["samples"]
    assert _span(said, "since", "last") == _span(said, "received_since", "received_last")
    assert _span(said, "since", "last") >= HOUR


async def _for_an_hour(hand: Hand, name: str, turnable: clock.Turnable, start: datetime) -> None:
    for n in range(1, 8):
        turnable.turn(10 * MINUTE)
        await warm(hand, name, start + n * 10 * MINUTE, count=1)


def _span(said: dict[str, object], *names: str) -> timedelta:
    begin, end = (datetime.fromisoformat(str(said[name])) for name in names)
    return end - begin
