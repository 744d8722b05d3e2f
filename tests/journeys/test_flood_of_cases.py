"""One machine that invents problems: it takes neither the desk's cases nor all tow trucks."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from tests.hand import Hand, open_hand
from tests.journeys.garage import owned

from thingdesk import cases, decisions, fulfilment
from thingdesk.cases import Answer, CaseFilter, Report, State
from thingdesk.cases.refused import WINDOW
from thingdesk.catalog import Catalog
from thingdesk.flow import Flow
from thingdesk.fulfilment import JobState
from thingdesk.packs import equipment, vehicle
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Recovery, Refusal
from thingdesk.sdk import Data, Instant, Promise, service
from thingdesk.sdk import Outcome as Result

MOST = 20


class Said(Data):
    words: str = ""


class Heard(Result):
    pass


@service("lab.say", title="Say something", promise=Promise(), instant=True)
async def say(_: Instant, said: Said) -> Heard:
    return Heard(words=said.words)


@pytest.fixture(scope="module")
async def hand(database: Database) -> Hand:
    services = (*vehicle.SERVICES, *equipment.SERVICES, say)
    one = await open_hand(database, Flow(Catalog(services), (), most_open=MOST))
    for n in range(30):
        await one.provider(f"Truck {n}", "tow_truck", km=n)
        await one.provider(f"Technician {n}", "technician", "machinery", km=n)
    return one


def invented(n: int) -> dict[str, str]:
    return {"code": f"P{n:04X}"}


def report(name: str, service: str, given: dict[str, Any]) -> Report:
    event = str(ids.new())
    return Report(name, event, event.encode(), clock.now(), service, given, name)


async def take(hand: Hand, group: list[Report]) -> list[Answer | Refusal]:
    async with hand.database.transaction() as tx:
        return await hand.flow.take_reports(tx, group)


async def open_cases(hand: Hand, name: str) -> list[UUID]:
    async with hand.database.transaction() as tx:
        found = await cases.search(tx, CaseFilter(subject=name, most=1000))
    return [one.id for one in found if one.state is not State.ENDED]


async def sent(hand: Hand, name: str) -> int:
    """How many providers are on their way, or have an offer."""
    async with hand.database.transaction() as tx:
        jobs = [job for one in await open_cases(hand, name) for job in await jobs_of(tx, one)]
    return len([job for job in jobs if job.state in (JobState.OFFERED, JobState.ACCEPTED)])


jobs_of = fulfilment.jobs_of


def refused(answers: list[Answer | Refusal]) -> list[Refusal]:
    return [one for one in answers if isinstance(one, Refusal)]


@pytest.mark.parametrize(
    ("machine", "name"), [("car", "vehicle.breakdown"), ("press", "equipment.inspect")]
)
async def test_three_hundred_invented_problems_are_twenty_cases(
    hand: Hand, machine: str, name: str
) -> None:
    subject = f"{machine}-flood"
    await owned(hand, subject)
    given = [
        invented(n) if machine == "car" else {"metric": f"m{n}", "value": 1, "limit": 2}
        for n in range(300)
    ]
    group = [report(subject, name, one) for one in given]
    answers = await take(hand, group)
    assert len(await open_cases(hand, subject)) == MOST
    assert [isinstance(one, Answer) for one in answers] == [n < MOST for n in range(300)]
    (code,) = {(one.code, one.recovery) for one in refused(answers)}
    assert code == ("too_many_open_cases", Recovery.RETRY)
    again = await take(hand, [report(subject, name, one) for one in given[:MOST]])
    assert not refused(again), "what is open already is joined"
    async with hand.database.transaction() as tx:
        problems = "select count(*) from problem where subject = $1"
        assert await tx.fetchval(problems, subject) == MOST, "what is refused leaves nothing"


async def test_what_is_refused_at_once_makes_no_room_for_more_of_it(hand: Hand) -> None:
    """Else each wave of inventions would find the room that the one before it had left."""
    await hand.machine("press-alone", "press")
    turnable = clock.Turnable()
    with clock.reading(turnable):
        taken = [await wave(hand, "press-alone", n) for n in range(3)]
        turnable.turn(WINDOW)
        taken.append(await wave(hand, "press-alone", 3))
    assert taken == [MOST, 0, 0, MOST]


async def wave(hand: Hand, name: str, n: int) -> int:
    """How many of fifty new inventions were taken, and refused since."""
    given = [{"metric": f"m{n}-{i}", "value": 1, "limit": 2} for i in range(50)]
    answers = await take(hand, [report(name, "equipment.inspect", one) for one in given])
    await hand.work()
    assert await open_cases(hand, name) == []
    return len(answers) - len(refused(answers))


async def test_many_at_once_do_not_pass_the_limit(hand: Hand) -> None:
    await owned(hand, "car-2")
    groups = [
        [report("car-2", "vehicle.repair", invented(16 * g + n)) for n in range(8)]
        for g in range(10)
    ]
    answers = await asyncio.gather(*(take(hand, group) for group in groups))
    assert len(await open_cases(hand, "car-2")) == MOST
    assert sum(len(refused(one)) for one in answers) == 80 - MOST


async def test_when_a_case_has_ended_there_is_room_and_the_same_report_is_taken(
    hand: Hand,
) -> None:
    await owned(hand, "car-3")
    await take(hand, [report("car-3", "vehicle.repair", invented(n)) for n in range(MOST)])
    late = report("car-3", "vehicle.repair", invented(999))
    assert refused(await take(hand, [late]))
    await hand.sell("car-3", "next-3")
    await hand.sell("car-3", "owner-car-3")
    (answer,) = await take(hand, [late])
    assert isinstance(answer, Answer)


async def test_nothing_minor_keeps_help_from_coming(hand: Hand) -> None:
    await owned(hand, "car-4")
    await take(hand, [report("car-4", "vehicle.repair", invented(n)) for n in range(MOST)])
    help_, more, word = await take(
        hand,
        [
            report("car-4", "vehicle.breakdown", {"code": "P0217"}),
            report("car-4", "vehicle.repair", invented(77)),
            report("car-4", "lab.say", {"words": "hello"}),
        ],
    )
    assert isinstance(help_, Answer)
    assert isinstance(more, Refusal)
    assert isinstance(word, Answer)
    assert word.outcome == {"words": "hello"}


async def test_one_tow_truck_comes_unasked_and_each_further_one_is_asked_for(hand: Hand) -> None:
    """Whatever the mandate says, and whoever works on the cases at the same time."""
    await owned(hand, "car-5")
    await take(hand, [report("car-5", "vehicle.breakdown", invented(n)) for n in range(MOST)])
    await asyncio.gather(*(hand.work(batch=5) for _ in range(3)))
    assert await sent(hand, "car-5") == 1
    asked = {}
    for case_id in await open_cases(hand, "car-5"):
        async with hand.database.transaction() as tx:
            for one in await decisions.of_case(tx, case_id):
                asked[case_id] = one.question
    assert len(asked) == MOST - 1
    reasons = {one.proposal.why for one in asked.values() if one.proposal}
    assert reasons == {"Somebody is sent to the machine for this already."}
    await hand.answer(next(iter(asked)), "yes")
    assert await sent(hand, "car-5") == 2


async def test_when_the_first_is_done_the_next_one_comes_unasked(hand: Hand) -> None:
    await owned(hand, "car-6")
    first = await hand.opened("car-6", "vehicle.breakdown", {"code": "P0217"})
    await hand.finish(await hand.accept(first), "Towed.")
    second = await hand.opened("car-6", "vehicle.breakdown", {"code": "C0035"})
    assert (await hand.offered(second)).offer.task == "tow"
