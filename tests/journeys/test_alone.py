"""Code of a journey that waits for something else, or looks elsewhere."""

import asyncio
import inspect
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.hand import Hand, open_hand
from tests.journeys.lab import Ask, Told, line, problem

from thingdesk import journeys, timeline
from thingdesk.cases import Outcome as Ended
from thingdesk.catalog import Catalog
from thingdesk.flow import Flow
from thingdesk.platform import clock, durable
from thingdesk.platform.database import Database
from thingdesk.sdk import Failed, Journey, Promise, service

HERE = f"tests/journeys/{Path(__file__).name}"


class Elsewhere:
    """Another system, which tests make answer."""

    calls = 0
    act: Callable[[], Any]
    within = timedelta(minutes=1)

    @classmethod
    async def ask(cls) -> Any:
        cls.calls += 1
        return await cls.act()


@service("lab.sleeps", title="Sleep", promise=Promise())
async def sleeps(journey: Journey, _: Ask) -> Told:
    await journey.tell_machine("lab.begun", "We begin.")
    try:
        await asyncio.Event().wait()  # nobody sets it
    except Exception:  # noqa: BLE001 - what an author writes
        return Told(words="It was swallowed.")
    finally:
        await asyncio.Event().wait()
    return Told(words="Slept.")


@service("lab.looks", title="Look elsewhere", promise=Promise())
async def looks(journey: Journey, _: Ask) -> Told:
    found = await journey.look("the stock", Elsewhere.ask, within=Elsewhere.within)
    await journey.tell_machine("lab.found", f"{found}")
    return Told(words="Found.", found=found)


@service("lab.nested", title="Ask within a look", promise=Promise())
async def nested(journey: Journey, _: Ask) -> Told:
    await journey.look("it", lambda: journey.meaning("P0301"))
    return Told(words="Never.")


@service("lab.quick", title="Quick", promise=Promise())
async def quick(journey: Journey, _: Ask) -> Told:
    await journey.tell_machine("lab.quick", "At once.")
    return Told(words="Quick.")


SERVICES = (sleeps, looks, nested, quick)


@pytest.fixture(scope="module")
async def hand(database: Database) -> Hand:
    return await open_hand(database, Flow(Catalog(SERVICES), ()))


async def begin(hand: Hand, machine: str, service: str) -> UUID:
    await hand.machine(machine, "lab")
    answer: Any = await hand.take(machine, service, {})
    return UUID(str(answer.case_id))


async def test_one_that_waits_for_something_else_is_ended_there_and_holds_up_nobody(
    hand: Hand,
) -> None:
    bad = await begin(hand, "lab-sleeps", "lab.sleeps")
    good = [await begin(hand, f"lab-quick-{n}", "lab.quick") for n in range(3)]
    async with asyncio.timeout(60):
        await hand.work()
    assert [(await hand.case(one)).outcome for one in good] == [Ended.FULFILLED] * 3
    said = await problem(hand, bad)
    assert said.startswith("Foreign: it waits for something that is not its run")
    assert "look(what, act)" in said
    assert said.endswith(f"({HERE}:{line(sleeps, 'nobody sets it')})")
    assert await hand.told(bad) == [], "nothing of it stays"


async def test_a_look_holds_up_nobody_and_is_recorded_once(hand: Hand) -> None:
    asked, answered = asyncio.Event(), asyncio.Event()

    async def slow() -> int:
        asked.set()
        await answered.wait()
        return 7

    Elsewhere.act, Elsewhere.calls = slow, 0
    case_id = await begin(hand, "lab-looks", "lab.looks")
    engine = hand.engine()
    async with asyncio.timeout(60):
        assert await engine.once() == 1
        await asked.wait()
        other = await begin(hand, "lab-quick", "lab.quick")
        assert await engine.once() == 1
        assert (await hand.case(other)).outcome is Ended.FULFILLED
        assert await engine.once() == 0
        answered.set()
        assert await engine.looks.settled() == 1
        assert await engine.once() == 1
    assert (await hand.case(case_id)).outcome_data == {"found": 7}
    assert Elsewhere.calls == 1
    async with hand.database.transaction() as tx:
        entries = await timeline.read(tx, f"case:{case_id}")
    (seen,) = [one.value for one in entries if one.kind == "journey.considered"]
    assert seen == {"what": "the stock", "found": 7}


async def test_a_look_that_died_with_its_process_begins_again(
    hand: Hand, turnable: clock.Turnable
) -> None:
    forever = asyncio.Event()

    async def hangs() -> int:
        await forever.wait()
        return 0

    async def answers() -> int:
        return 8

    Elsewhere.act = hangs
    case_id = await begin(hand, "lab-died", "lab.looks")
    engine = hand.engine()
    assert await engine.once() == 1
    await engine.looks.end()
    Elsewhere.act = answers
    await hand.work()
    assert (await hand.case(case_id)).outcome is None, "it has its time"
    turnable.turn(timedelta(minutes=2))
    await hand.work()
    assert (await hand.case(case_id)).outcome_data == {"found": 8}


async def test_a_look_that_takes_too_long_or_fails_is_a_failure_of_the_journey(
    hand: Hand, turnable: clock.Turnable, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hangs() -> None:
        await asyncio.Event().wait()

    async def fails() -> None:
        raise OSError("no route to the stock")

    Elsewhere.act = hangs
    case_id = await begin(hand, "lab-long", "lab.looks")
    with monkeypatch.context() as soon:
        soon.setattr(Elsewhere, "within", timedelta(seconds=0.2))
        await hand.work()
    said = await problem(hand, case_id)
    assert said.startswith("TimeoutError: a look took longer than the 0.2 s that it had (")
    first = inspect.getsourcelines(hangs)[1]
    assert said.endswith(f"({HERE}:{first + 1})")
    Elsewhere.act = fails
    turnable.turn(timedelta(minutes=5))
    await hand.work()
    assert (await problem(hand, case_id)).startswith("OSError: no route")
    Elsewhere.calls = 0
    for _ in range(12):
        turnable.turn(timedelta(minutes=5))
        await hand.work()
    assert Elsewhere.calls == durable.MOST_FAILURES - 2, "then it is stuck"
    assert (await hand.kinds(case_id)).count("journey.stuck") == 1

    async def answers() -> int:
        return 9

    Elsewhere.act = answers
    async with hand.database.transaction() as tx:
        await journeys.retry(tx, [case_id], "Staff")
    await hand.work()
    assert (await hand.case(case_id)).outcome_data == {"found": 9}
    assert (await hand.kinds(case_id)).count("journey.went_on") == 1


async def test_a_look_that_says_failed_ends_the_journey(hand: Hand) -> None:
    async def says() -> None:
        raise Failed("not_stocked", "Nobody has it.")

    Elsewhere.act = says
    await hand.machine("lab-says", "lab")
    case_id = await hand.opened("lab-says", "lab.looks", {})
    case = await hand.case(case_id)
    assert case.outcome is Ended.REFUSED
    assert case.outcome_words == "Nobody has it."


async def test_a_look_can_ask_nothing_of_its_journey(hand: Hand) -> None:
    await hand.machine("lab-nested", "lab")
    case_id = await hand.opened("lab-nested", "lab.nested", {})
    assert "while it looks elsewhere" in await problem(hand, case_id)
