"""What is still found when its case has ended, or never got one: staff hear of it, and it is asked
for again.
"""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from tests.hand import Hand, open_hand

from thingdesk import cases, parties
from thingdesk.cases import Case, CaseFilter, Outcome, State
from thingdesk.catalog import Catalog
from thingdesk.flow import Flow
from thingdesk.packs import vehicle
from thingdesk.parties import Role
from thingdesk.platform import clock
from thingdesk.platform.database import Database
from thingdesk.sdk import (
    Data,
    FaultCode,
    Finding,
    Journey,
    Promise,
    days,
    hours,
    in_range,
    minutes,
    service,
)
from thingdesk.sdk import Outcome as Result

MINUTES = timedelta(minutes=6)


class Ask(Data):
    code: str


class Again(Data):
    code: str
    words: str = "added with a later version of the service"


class Told(Result):
    pass


@service(
    "lab.decide",
    title="Ask staff",
    promise=Promise(),
    identity=("code",),
    effects=("command",),
    relapse=days(3),
)
async def decide(journey: Journey, ask: Ask) -> Told:
    await journey.command("restart", {"code": ask.code})
    return Told(words="Restarted.")


@service("lab.broken", title="Never works", promise=Promise())
async def broken(journey: Journey, ask: Ask) -> Told:
    raise ValueError(f"the author's mistake, on {journey.subject}: {ask.code}")


def _asks(finding: Finding) -> Ask:
    return Ask(code=finding.about)


SLOW = FaultCode(name="lab.slow", model="car", service="lab.decide", asks=_asks, codes=("P1*",))
QUICK = FaultCode(
    name="lab.quick", model="car", service="lab.decide", asks=_asks, codes=("P2*",), again=hours(2)
)


@pytest.fixture(scope="module")
async def hand(database: Database) -> Hand:
    services = (*vehicle.SERVICES, decide, broken)
    one = await open_hand(database, Flow(Catalog(services), (SLOW, QUICK), most_open=3))
    async with database.transaction() as tx:
        await parties.add_staff(tx, "staff@example.org", "Staff", {Role.AGENT})
    return one


async def of_machine(hand: Hand, name: str) -> list[Case]:
    async with hand.database.transaction() as tx:
        found = await cases.search(tx, CaseFilter(subject=name, most=100))
    return sorted(found, key=lambda case: case.opened_at)


async def told_staff(hand: Hand, kind: str, about: str) -> list[tuple[UUID | None, str]]:
    """What staff were told, in cases and without one."""
    async with hand.database.transaction() as tx:
        due = await tx.fetch(
            "select case_id, words from notice where to_kind = 'staff' and kind = $1"
            " and words like '%' || $2 || '%' order by told_at",
            kind,
            about,
        )
    return [(row["case_id"], row["words"]) for row in due]


async def found(hand: Hand, name: str, *codes: str) -> None:
    await hand.say(name, "speed", [50], start=clock.now() - timedelta(minutes=1), codes=codes)


async def refused(hand: Hand, name: str, *codes: str) -> Case:
    """The owner says no, and what was found stays."""
    await hand.machine(name, "car", owner=f"owner-{name}")
    await found(hand, name, *codes)
    (case,) = await of_machine(hand, name)
    await hand.answer(case.id, "no")
    return await hand.case(case.id)


async def test_a_refused_case_whose_finding_stays_is_told_once_and_asked_again_after_the_window(
    hand: Hand,
) -> None:
    turnable = clock.Turnable()
    with clock.reading(turnable):
        case = await refused(hand, "car-1", "P1000")
        assert case.outcome is Outcome.REFUSED
        await hand.tick()
        assert await told_staff(hand, "finding.stays", "car-1") == [], "somebody looks soon"
        for _ in range(5):
            turnable.turn(MINUTES)
            await hand.tick()
        ((told_of, words),) = await told_staff(hand, "finding.stays", "car-1")
        assert told_of == case.id
        assert "was refused, and what rule lab.slow found is still there" in words
        turnable.turn(days(2))
        await hand.tick()
        assert len(await of_machine(hand, "car-1")) == 1
        turnable.turn(days(1))
        await hand.tick()
        _, again = await of_machine(hand, "car-1")
        assert (again.state, again.origin) == (State.OPEN, "finding")
        for _ in range(3):
            turnable.turn(MINUTES)
            await hand.tick()
        assert (await hand.case(again.id)).reports == 1, "who has an open case is looked after"


async def test_a_rule_may_say_itself_when_it_asks_again(hand: Hand) -> None:
    turnable = clock.Turnable()
    with clock.reading(turnable):
        await refused(hand, "car-2", "P2000")
        turnable.turn(hours(1))
        await hand.tick()
        assert len(await of_machine(hand, "car-2")) == 1
        turnable.turn(hours(2))
        await hand.tick()
        assert len(await of_machine(hand, "car-2")) == 2


async def test_what_has_cleared_is_not_asked_for_again(hand: Hand) -> None:
    turnable = clock.Turnable()
    with clock.reading(turnable):
        await refused(hand, "car-3", "P1000")
        turnable.turn(hours(1))
        start = clock.now() - timedelta(minutes=20)
        await hand.say("car-3", "speed", [50] * 15, start=start, codes=())
        turnable.turn(days(4))
        await hand.tick()
    assert len(await of_machine(hand, "car-3")) == 1
    assert await told_staff(hand, "finding.stays", "car-3") == []


async def test_findings_beyond_the_limit_wait_and_staff_hear_of_it_once(hand: Hand) -> None:
    codes = [f"P1{n:03}" for n in range(8)]
    turnable = clock.Turnable()
    with clock.reading(turnable):
        await hand.machine("car-4", "car", owner="owner-car-4")
        await found(hand, "car-4", *codes)
        opened = await of_machine(hand, "car-4")
        assert len(opened) == 3
        for _ in range(4):
            turnable.turn(MINUTES)
            await hand.tick()
        (told,) = await told_staff(hand, "finding.stays", "car-4")
        assert "has 3 cases open already" in told[1]
        await hand.answer(opened[0].id, "no")
        turnable.turn(MINUTES)
        await hand.tick()
        now = await of_machine(hand, "car-4")
        assert len([one for one in now if one.state is not State.ENDED]) == 3
        assert len(now) == 4, "there was room for one of those that wait"
        assert len(await told_staff(hand, "finding.stays", "waits: car-4")) == 1


async def test_a_journey_that_is_stuck_is_told_to_staff_once(hand: Hand) -> None:
    turnable = clock.Turnable()
    with clock.reading(turnable):
        await hand.machine("car-5", "car", owner="owner-car-5")
        case_id = await hand.opened("car-5", "lab.broken", {"code": "x"})
        for _ in range(8):
            turnable.turn(hours(1))
            await hand.tick()
        for _ in range(3):
            await hand.tick()
        ((told_of, words),) = await told_staff(hand, "journey.stuck", "car-5")
    assert told_of == case_id
    assert "the author's mistake" in words
    assert "start the desk again" in words
    assert "withdraw the case" in words


@service("lab.proven", title="Prove it", promise=Promise(), identity=("code",))
async def proven(journey: Journey, ask: Ask) -> Told:
    await journey.verify(in_range("speed", high=10), hold=minutes(1), within=hours(2))
    return Told(words=f"{ask.code} is gone.")


@service("lab.proven", title="As above", promise=Promise(), identity=("code",), version="2")
async def proven_later(journey: Journey, ask: Again) -> Told:
    return Told(words=f"{journey.subject}: {ask.words}")


def _data(finding: Finding) -> dict[str, str]:
    return {"code": finding.about}


def _fails(finding: Finding) -> Ask:
    raise ZeroDivisionError(finding.about)


async def test_how_a_finding_stands_goes_by_its_problem_whatever_became_of_rule_and_service(
    hand: Hand,
) -> None:
    database = hand.database
    rule = replace(SLOW, asks=_data, name="lab.proof", service="lab.proven", codes=("P3*",))
    flows = [
        Flow(Catalog([proven]), [rule]),
        Flow(Catalog([proven, proven_later]), [rule]),
        Flow(Catalog([proven]), [replace(rule, asks=_fails)]),
        Flow(Catalog([proven]), []),
    ]

    async def standing() -> list[list[str]]:
        async with database.transaction() as tx:
            each = [await flow.findings_of(tx, "car-p", 20) for flow in flows]
        return [[how.value for _, how in found] for found in each]

    turnable = clock.Turnable()
    with clock.reading(turnable):
        lab = Hand(database, flows[0])
        await lab.machine("car-p", "car")
        await found(lab, "car-p", "P3000")
        assert await standing() == [["holds"]] * 4
        turnable.turn(hours(1))
        start = clock.now() - timedelta(minutes=20)
        await lab.say("car-p", "speed", [5] * 15, start=start)
        (case,) = await of_machine(lab, "car-p")
        assert case.outcome is Outcome.VERIFIED, "proven by its speed; its codes are not read"
        assert await standing() == [["proven well"], ["proven well"], ["holds"], ["holds"]]
        turnable.turn(hours(1))
        start = clock.now() - timedelta(minutes=20)
        await lab.say("car-p", "speed", [5] * 15, start=start, codes=())
    assert await standing() == [["cleared"]] * 4
