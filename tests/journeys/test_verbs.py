"""What a journey can do beyond the ready packs: staff, silence, its own mistakes."""

from datetime import timedelta

import pytest
from tests.hand import Hand, open_hand

from thingdesk import decisions, diagnosis, fulfilment, mandates, parties, signals
from thingdesk.cases import Outcome as Ended
from thingdesk.catalog import Catalog
from thingdesk.flow import Flow
from thingdesk.mandates import Policy
from thingdesk.notices import Recipient
from thingdesk.platform import clock, durable, ids
from thingdesk.platform.database import Database
from thingdesk.sdk import (
    Data,
    Failed,
    Finding,
    Journey,
    Outcome,
    Promise,
    Silence,
    Threshold,
    choose,
    hours,
    service,
)


class Ask(Data):
    reason: str = "none"


class Told(Outcome):
    answer: str = ""


@service("lab.staff", title="Ask staff", promise=Promise(), identity=("reason",))
async def ask_staff(journey: Journey, ask: Ask) -> Told:
    question = choose(f"{ask.reason}: what now?", wait="Wait", go="Go")
    try:
        answer = await journey.ask_staff(question, within=hours(1))
    except Failed as failed:
        return Told(words="Nobody said anything.", answer=failed.code)
    return Told(words="Staff answered.", answer=answer)


@service("lab.owner", title="Ask the owner", promise=Promise(), identity=("reason",))
async def ask_owner(journey: Journey, ask: Ask) -> Told:
    question = choose(f"{ask.reason}: what now?", wait="Wait", go="Go")
    return Told(words="They answered.", answer=await journey.ask_owner(question, within=hours(1)))


@service("lab.undeclared", title="Undeclared", promise=Promise())
async def undeclared(journey: Journey, ask: Ask) -> Told:
    await journey.command("restart")
    return Told(words=ask.reason)


@service("lab.silent", title="Find out why it is silent", promise=Promise())
async def silent(journey: Journey, ask: Ask) -> Told:
    await journey.tell_owner("Your machine is not heard.")
    return Told(words="Looked after it.", answer=ask.reason)


def _asks(finding: Finding) -> Ask:
    return Ask(reason=f"{finding.evidence.value:.0f} missed")


def _broken(_: Finding) -> Ask:
    raise ValueError("a mistake of the rule's author")


BROKEN = Threshold(
    name="lab.broken", model="lab", service="lab.silent", asks=_broken, metric="t", above=50
)
QUIET = Silence(name="lab.quiet", model="*", service="lab.silent", asks=_asks, after=3)


@pytest.fixture(scope="module")
async def hand(database: Database) -> Hand:
    services = (ask_staff, ask_owner, undeclared, silent)
    one = await open_hand(database, Flow(Catalog(services), (QUIET, BROKEN)))
    async with database.transaction() as tx:
        await mandates.set_policy(tx, Policy(acts_for_unowned=True))
        await parties.add_staff(tx, "staff@example.org", "Staff", [parties.Role.AGENT])
    return one


async def test_staff_answer_a_question(hand: Hand) -> None:
    await hand.machine("lab-staff", "lab")
    case_id = await hand.opened("lab-staff", "lab.staff", {"reason": "odd noise"})
    async with hand.database.transaction() as tx:
        (asked,) = await decisions.open_for_staff(tx)
        (one,) = await parties.all_staff(tx)
        await decisions.answer(tx, asked.question.id, "go", Recipient.staff(one.id))
    await hand.work()
    assert (await hand.case(case_id)).outcome_data == {"answer": "go"}


async def test_a_question_that_staff_leave_open_ends_too(hand: Hand) -> None:
    await hand.machine("lab-left", "lab")
    turnable = clock.Turnable()
    with clock.reading(turnable):
        case_id = await hand.opened("lab-left", "lab.staff", {"reason": "left alone"})
        turnable.turn(timedelta(hours=2))
        await hand.tick()
    assert (await hand.case(case_id)).outcome_data == {"answer": "no_answer"}


async def test_a_question_for_nobody_ends_with_that_reason(hand: Hand) -> None:
    await hand.machine("lab-nobodys", "lab")
    case = await hand.case(await hand.opened("lab-nobodys", "lab.owner", {"reason": "a leak"}))
    assert case.outcome is Ended.REFUSED
    assert case.outcome_data
    said = (case.outcome_data["code"], case.outcome_data["recovery"])
    assert said == ("nobody_to_ask", "contact_us")
    assert "no owner" in case.outcome_data["reason"]


async def test_an_effect_that_is_not_declared_is_the_authors_mistake(hand: Hand) -> None:
    await hand.machine("lab-undeclared", "lab")
    case_id = await hand.opened("lab-undeclared", "lab.undeclared", {})
    assert (await hand.case(case_id)).outcome is None
    turnable = clock.Turnable()
    with clock.reading(turnable):
        for _ in range(10):
            turnable.turn(timedelta(hours=1))
            await hand.work()
    async with hand.database.transaction() as tx:
        problems = [one.problem or "" for one in await durable.stuck(tx)]
        assert await fulfilment.commands_of(tx, case_id) == []
    assert any("add it to effects=(...)" in problem for problem in problems)


async def test_silence_is_a_problem_too(hand: Hand) -> None:
    worker = ids.new()
    await hand.machine("lab-quiet", "lab", expected_interval=timedelta(minutes=1))
    turnable = clock.Turnable()
    with clock.reading(turnable):
        for _ in range(50):
            async with hand.database.transaction() as tx:
                await signals.beat(tx, worker)
            turnable.turn(timedelta(seconds=5))
        await hand.tick()
    case = await hand.case_of("lab-quiet")
    assert case.service == "lab.silent"
    assert case.outcome is Ended.UNVERIFIED


async def test_a_broken_promise_is_told_to_staff(hand: Hand) -> None:
    await hand.machine("lab-late", "lab")
    turnable = clock.Turnable()
    with clock.reading(turnable):
        case_id = await hand.opened("lab-late", "lab.undeclared", {})
        turnable.turn(timedelta(days=4))
        await hand.tick()
        # nothing was decided within a minute
        assert (await hand.told(case_id)).count(("staff", "promise.broken")) == 1
        turnable.turn(timedelta(days=2))
        await hand.tick()
        await hand.tick()
    # and nothing resolved within five days; each is told once
    assert (await hand.told(case_id)).count(("staff", "promise.broken")) == 2


async def test_a_mistake_in_a_rule_is_told_and_stops_nobody(hand: Hand) -> None:
    await hand.machine("lab-rule", "lab")
    now = clock.now()
    await hand.say("lab-rule", "t", [60, 40, 70], start=now - timedelta(minutes=5))
    async with hand.database.transaction() as tx:
        found = await diagnosis.findings_of(tx, "lab-rule")
        (one,) = await parties.all_staff(tx)
        told = await tx.fetch(
            "select words from notice where kind = 'rule.failed' and to_id = $1", str(one.id)
        )
    # two findings of one mistake
    assert (len(found), len(told)) == (2, 1)
    assert "a mistake of the rule's author" in told[0]["words"]
