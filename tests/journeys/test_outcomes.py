"""How a case ends is what its machine has shown, whatever its journey makes of it."""

from contextlib import suppress
from datetime import timedelta

import pytest
from tests.hand import Hand, open_hand

from thingdesk import decisions, mandates, parties
from thingdesk.cases import Outcome as Ended
from thingdesk.cases import State
from thingdesk.catalog import Catalog
from thingdesk.flow import Flow
from thingdesk.mandates import Policy
from thingdesk.notices import Recipient
from thingdesk.platform import clock
from thingdesk.platform.database import Database
from thingdesk.sdk import (
    Data,
    Finding,
    Journey,
    NotProven,
    Outcome,
    Promise,
    Threshold,
    choose,
    hours,
    in_range,
    minutes,
    service,
)

MINUTE = timedelta(minutes=1)


class Ask(Data):
    what: str = "heat"


class Looked(Outcome):
    pass


@service("lab.tried", title="Try", promise=Promise(), identity=("what",))
async def tried(journey: Journey, ask: Ask) -> Looked:
    """It goes on, whether or not it is proven."""
    with suppress(NotProven):
        await journey.verify(in_range("t", high=50), hold=minutes(5), within=minutes(30))
    await journey.ask_staff(choose("What now?", ok="Leave it"), within=hours(9), default="ok")
    return Looked(words=f"Looked after its {ask.what}.")


@service("lab.seen", title="See", promise=Promise(), identity=("what",))
async def seen(_: Journey, ask: Ask) -> Looked:
    """It asks for no proof."""
    return Looked(words=f"Saw its {ask.what}.")


def asked(_: Finding) -> Ask:
    return Ask()


HOT = Threshold(name="lab.hot", model="oven", service="lab.seen", asks=asked, metric="t", above=50)


@pytest.fixture(scope="module")
async def hand(database: Database) -> Hand:
    one = await open_hand(database, Flow(Catalog((tried, seen)), (HOT,)))
    async with database.transaction() as tx:
        await mandates.set_policy(tx, Policy(acts_for_unowned=True))
        await parties.add_staff(tx, "staff@example.org", "Staff", [parties.Role.AGENT])
    return one


@pytest.mark.parametrize(("value", "outcome"), [(90.0, Ended.UNVERIFIED), (20.0, Ended.VERIFIED)])
async def test_a_journey_that_goes_on_after_its_proof_has_an_open_case(
    hand: Hand, value: float, outcome: Ended
) -> None:
    """And ends by that proof, however friendly its own words are."""
    name = f"stove-{outcome}"
    await hand.machine(name, "stove")
    turnable = clock.Turnable()
    with clock.reading(turnable):
        case_id = await hand.opened(name, "lab.tried", {})
        assert (await hand.case(case_id)).state is State.VERIFYING
        began = clock.now()
        turnable.turn(timedelta(minutes=31))
        await hand.say(name, "t", [value] * 20, start=began + MINUTE)
        await hand.tick()
        assert (await hand.case(case_id)).state is State.OPEN
        async with hand.database.transaction() as tx:
            question = (await hand.question(case_id)).question
            (one,) = await parties.all_staff(tx)
            await decisions.answer(tx, question.id, "ok", Recipient.staff(one.id))
        await hand.work()
    assert (await hand.case(case_id)).outcome is outcome


async def test_what_came_back_is_not_proven_by_what_was_before(hand: Hand) -> None:
    await hand.machine("stove-again", "stove")
    turnable = clock.Turnable()
    with clock.reading(turnable):
        for outcome, value in ((Ended.VERIFIED, 20.0), (Ended.UNVERIFIED, 90.0)):
            case_id = await hand.opened("stove-again", "lab.tried", {})
            began = clock.now()
            turnable.turn(timedelta(minutes=31))
            await hand.say("stove-again", "t", [value] * 20, start=began + MINUTE)
            await hand.tick()
            turnable.turn(timedelta(hours=9))
            await hand.tick()
            assert (await hand.case(case_id)).outcome is outcome
    assert (await hand.case(case_id)).reopened == 1


async def test_what_was_found_and_never_proven_is_not_fulfilled(hand: Hand) -> None:
    await hand.machine("oven-1", "oven")
    await hand.say("oven-1", "t", [90.0], start=clock.now() - MINUTE)
    case = await hand.case_of("oven-1")
    assert (case.outcome, case.outcome_words) == (Ended.UNVERIFIED, "Saw its heat.")
    wanted = await hand.opened("oven-1", "lab.seen", {"what": "a look"})
    assert (await hand.case(wanted)).outcome is Ended.FULFILLED
