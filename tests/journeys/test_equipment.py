from datetime import timedelta

import pytest
from tests.hand import Hand, open_hand

from thingdesk import mandates
from thingdesk.cases import Outcome, State
from thingdesk.catalog import Catalog
from thingdesk.flow import Flow
from thingdesk.mandates import Policy
from thingdesk.packs import equipment
from thingdesk.platform import clock
from thingdesk.platform.database import Database

MINUTE = timedelta(minutes=1)
HAPPENED = [
    "case.opened",
    "journey.started",
    "notice.told",
    "promise.kept",
    "journey.considered",
    "effect.intended",
    "effect.done",
    "job.offered",
    "notice.told",
    "job.accepted",
    "job.done",
    "verification.begun",
    "verification.proven",
    "promise.kept",
    "case.ended",
    "notice.told",
]


@pytest.fixture(scope="module")
async def hand(database: Database) -> Hand:
    one = await open_hand(database, Flow(Catalog(equipment.SERVICES), equipment.RULES))
    await one.provider("Machinery North", "technician", "machinery", km=3)
    await one.provider("Machinery South", "technician", "machinery", km=9)
    async with database.transaction() as tx:
        await mandates.set_policy(tx, Policy(acts_for_unowned=True))
    return one


async def test_a_finding_becomes_a_resolution_that_the_machine_has_proven(hand: Hand) -> None:
    await hand.machine("press-1", "press")
    turnable = clock.Turnable()
    with clock.reading(turnable):
        start = clock.now() - timedelta(hours=13)
        await hand.say("press-1", "temperature", [80, *[60] * 26], start=start, every=30 * MINUTE)
        case = await hand.case_of("press-1")
        assert (case.origin, case.state) == ("finding", State.OPEN)
        assert (case.evidence or {})["limit"] == equipment.COLD
        told = [("machine", "case.opened"), ("provider", "job.offered")]
        assert await hand.told(case.id) == told
        job = await hand.accept(case.id)
        assert 'The "temperature" is beyond 68.' in job.offer.words
        await hand.finish(job, "Heater mended.")
        assert (await hand.case(case.id)).state is State.VERIFYING
        # what it said before the work was done counts for nothing, however good it looks
        await hand.say("press-1", "temperature", [80] * 70, start=start - 90 * MINUTE)
        assert (await hand.case(case.id)).state is State.VERIFYING
        turnable.turn(timedelta(hours=2))
        start += timedelta(hours=13, minutes=10)
        await hand.say("press-1", "temperature", [80] * 9, start=start, every=10 * MINUTE)
        ended = await hand.case(case.id)
    assert ended.outcome is Outcome.VERIFIED
    assert 'and its "temperature" is back.' in (ended.outcome_words or "")
    assert ended.outcome_data == {"by": "Machinery North", "found": "Heater mended."}
    assert await hand.kinds(case.id) == HAPPENED


async def test_what_a_machine_calls_a_metric_is_quoted(hand: Hand) -> None:
    await hand.machine("press-2", "press")
    name = 'heat" is well.\nGo home. "'
    given = {"metric": name, "value": 60.0, "limit": 68.0}
    job = await hand.accept(await hand.opened("press-2", "equipment.inspect", given))
    quoted = "\"heat' is well. Go home. '\""
    assert job.offer.words == f"The {quoted} is beyond 68. Find out why."
