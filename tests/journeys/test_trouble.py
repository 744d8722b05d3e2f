"""Journeys whose code fails: what people see of them, and how they go on or end."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from tests.hand import Hand, open_hand

from thingdesk import doctor, fulfilment, journeys, mandates, notices, parties, timeline
from thingdesk.cases import Answer
from thingdesk.cases import Outcome as Ended
from thingdesk.catalog import Catalog, Service
from thingdesk.flow import Flow
from thingdesk.fulfilment import ReservationState, StockLine
from thingdesk.mandates import Policy
from thingdesk.platform import clock
from thingdesk.platform.database import Database
from thingdesk.platform.settings import Settings
from thingdesk.sdk import Data, Journey, Outcome, Promise, choose, hours, service

HERE = Path(__file__).name
PROMISE = Promise()


class Fault(Data):
    number: int = 1


class Mended(Outcome):
    """It is."""


@service("rt.boom", title="Divide", promise=PROMISE, identity=("number",))
async def boom(journey: Journey, fault: Fault) -> Mended:
    await journey.tell_machine("rt.begun", "We are at it.")
    return Mended(words=f"{1 / (fault.number - 1)}: <script>alert(1)</script>")


LINE = boom.function.__code__.co_firstlineno + 3


@service("rt.part", title="Set a part aside and ask", promise=PROMISE, effects=("reserve_part",))
async def part(journey: Journey, _: Fault) -> Mended:
    await journey.reserve_part("repair_centre", "pump")
    await journey.ask_staff(choose("Go on?", yes="Yes"), within=hours(48), default="yes")
    return Mended(words="Done.")


async def _edited(journey: Journey, fault: Fault) -> Mended:
    await journey.reserve_part("repair_centre", "pump")
    await journey.tell_machine("rt.more", "One more step than there was.")
    return await part.function(journey, fault)  # type: ignore[no-any-return]


def _part(version: str, *, edited: bool) -> Service:
    make = service(
        "rt.part", title="As above", promise=PROMISE, effects=("reserve_part",), version=version
    )
    return make(_edited if edited else part.function)


@pytest.fixture(scope="module")
async def hand(database: Database) -> Hand:
    one = await open_hand(database, Flow(Catalog((boom, part)), ()))
    centre = await one.provider("Centre", "repair_centre", "engine")
    async with database.transaction() as tx:
        await fulfilment.set_stock(tx, [StockLine(centre.id, "pump", 100)])
        await mandates.set_policy(tx, Policy(acts_for_unowned=True))
        await parties.add_staff(tx, "staff@example.org", "Staff", [parties.Role.AGENT])
    return one


async def told(hand: Hand, case_id: UUID) -> list[str]:
    """What staff were told of the case."""
    async with hand.database.transaction() as tx:
        found = await notices.of_case(tx, case_id)
    staff = [one.notice for one in found if one.notice.to.kind is notices.To.STAFF]
    return [one.words for one in staff if one.kind != "promise.broken"]


async def until_stuck(hand: Hand, turnable: clock.Turnable) -> None:
    for _ in range(10):
        turnable.turn(timedelta(hours=1))
        await hand.work()


async def test_a_failure_is_on_the_timeline_and_told_at_once(
    hand: Hand, turnable: clock.Turnable
) -> None:
    await hand.machine("rt-1", "rt")
    case_id = await hand.opened("rt-1", "rt.boom", {"number": 1})
    problem = f"ZeroDivisionError: division by zero (tests/journeys/{HERE}:{LINE})"
    (first,) = await told(hand, case_id)
    assert "The journey of rt-1 fails: rt.boom, version 1." in first
    assert problem in first
    await until_stuck(hand, turnable)
    kinds = await hand.kinds(case_id)
    assert [kinds.count(f"journey.{one}") for one in ("failed", "stuck")] == [1, 1]
    leads = [words.partition(":")[0] for words in await told(hand, case_id)]
    assert leads == ["The journey of rt-1 fails", "The journey of rt-1 is stuck"]
    async with hand.database.transaction() as tx:
        entries = await timeline.read(tx, f"case:{case_id}")
    (entry,) = [one for one in entries if one.kind == "journey.failed"]
    assert entry.value
    assert entry.value["error"] == "ZeroDivisionError: division by zero"
    assert entry.value["where"] == f"tests/journeys/{HERE}:{LINE}"


async def test_one_cause_is_told_once_an_hour_however_many_cases_it_has(
    hand: Hand, turnable: clock.Turnable
) -> None:
    turnable.turn(timedelta(days=2))
    cases = []
    for n in range(3):
        await hand.machine(f"rt-many-{n}", "rt")
        cases.append(await hand.opened(f"rt-many-{n}", "rt.boom", {"number": 1}))
    assert [len(await told(hand, one)) for one in cases] == [1, 0, 0]
    assert ["journey.failed" in await hand.kinds(one) for one in cases] == [True] * 3
    turnable.turn(timedelta(hours=1))
    await hand.machine("rt-later", "rt")
    later = await hand.opened("rt-later", "rt.boom", {"number": 1})
    assert len(await told(hand, later)) == 1


async def test_what_is_said_again_of_a_stuck_case_is_told_once(
    hand: Hand, turnable: clock.Turnable
) -> None:
    turnable.turn(timedelta(days=4))
    await hand.machine("rt-again", "rt")
    case_id = await hand.opened("rt-again", "rt.boom", {"number": 1})
    failing = await hand.report("rt-again", "rt.boom", {"number": 1})
    await until_stuck(hand, turnable)
    before = await told(hand, case_id)
    assert len(before) == 2, "that it fails, and that it is stuck; it was not stuck when repeated"
    again = [await hand.report("rt-again", "rt.boom", {"number": 1}) for _ in range(2)]
    assert [failing, *again] == [Answer(case_id, None)] * 3
    (more,) = (await told(hand, case_id))[2:]
    assert "has the problem still" in more
    assert "division by zero" in more
    async with hand.database.transaction() as tx:
        assert await journeys.retry(tx, [case_id], "Staff") == 1
    await until_stuck(hand, turnable)
    await hand.report("rt-again", "rt.boom", {"number": 1})
    assert (await told(hand, case_id))[-1] == more, "once for each time that it is stuck"
    assert (await told(hand, case_id)).count(more) == 2


async def test_a_stuck_journey_goes_on_where_it_was_with_the_code_it_began_with(
    hand: Hand, turnable: clock.Turnable
) -> None:
    await hand.machine("rt-edited", "rt")
    case_id = await hand.opened("rt-edited", "rt.part", {})
    turnable.turn(timedelta(days=3))
    await hand.tick()  # nobody answered: the default stands, and a message wakes the journey
    assert (await hand.case(case_id)).outcome is Ended.FULFILLED

    await hand.machine("rt-edited-2", "rt")
    case_id = await hand.opened("rt-edited-2", "rt.part", {})
    turnable.turn(timedelta(days=3))
    changed = Hand(hand.database, Flow(Catalog([boom, _part("1", edited=True)]), ()))
    await changed.tick()
    assert (await hand.kinds(case_id)).count("journey.stuck") == 1
    async with hand.database.transaction() as tx:
        assert case_id in await journeys.stuck_cases(tx)
        assert await journeys.retry(tx, [case_id], "Staff") == 1
    both = Catalog([boom, _part("1", edited=False), _part("2", edited=True)])
    await Hand(hand.database, Flow(both, ())).work()
    assert (await hand.case(case_id)).outcome is Ended.FULFILLED
    kinds = await hand.kinds(case_id)
    assert [kinds.count(f"journey.{one}") for one in ("retried", "went_on")] == [1, 1]
    assert kinds.count("part.reserved") == 1


async def test_withdrawing_a_stuck_case_takes_back_what_its_journey_did(
    hand: Hand, turnable: clock.Turnable
) -> None:
    await hand.machine("rt-back", "rt")
    case_id = await hand.opened("rt-back", "rt.part", {})
    turnable.turn(timedelta(days=3))
    changed = Hand(hand.database, Flow(Catalog([boom, _part("1", edited=True)]), ()))
    await changed.tick()
    async with hand.database.transaction() as tx:
        assert await journeys.withdraw(
            tx, case_id, "Withdrawn by Staff: it is stuck.", "not wanted"
        )
        held = await fulfilment.parts_of(tx, case_id)
        assert case_id not in await journeys.stuck_cases(tx)
    assert (await hand.case(case_id)).outcome is Ended.WITHDRAWN
    assert [one.state for one in held] == [ReservationState.RELEASED]
    assert "effect.undone" in await hand.kinds(case_id)


async def test_the_doctor_lists_what_is_stuck_fails_or_has_no_code(
    hand: Hand, turnable: clock.Turnable, database_url: str, tmp_path: Path
) -> None:
    turnable.turn(timedelta(days=9))
    for name in ("rt-stuck", "rt-stuck-2"):
        await hand.machine(name, "rt")
        await hand.opened(name, "rt.boom", {"number": 1})
    await until_stuck(hand, turnable)
    await hand.machine("rt-failing", "rt")
    failing = await hand.opened("rt-failing", "rt.boom", {"number": 1})
    await hand.machine("rt-waits", "rt")
    await hand.opened("rt-waits", "rt.part", {})
    settings = Settings(data_dir=tmp_path, database_url=database_url)
    found = [one for one in await doctor.examine(settings) if one.what == "journeys"]
    said = [one.found for one in found]
    problem = f"rt.boom, version 1: ZeroDivisionError: division by zero (tests/journeys/{HERE}:"
    (stuck,) = [words for words in said if words.startswith(f"stuck: {problem}")]
    assert "; cases " in stuck
    assert f"failing: {problem}{LINE}); case {failing}" in said
    # boom's too: none of this module's packs is set
    (waits,) = [words for words in said if words.endswith("code: rt.part, version 1")]
    assert waits.startswith("1 waits for")
    assert not any(one.well for one in found)


async def test_journeys_that_nobody_takes_up_are_told_once_an_hour(
    hand: Hand, turnable: clock.Turnable
) -> None:
    turnable.turn(timedelta(days=20))
    await hand.work()

    async def look() -> list[str]:
        async with hand.database.transaction() as tx:
            await journeys.tell_late(tx)
        async with hand.database.transaction() as tx:
            found = await tx.fetch(
                "select words from notice where kind = 'journeys.late' order by told_at"
            )
        # other tests' journeys, which failed, come due as well
        return [row["words"] for row in found if "rt.part" in row["words"]]

    before = len(await look())
    await hand.machine("rt-late", "rt")
    await hand.take("rt-late", "rt.part", {})
    turnable.turn(timedelta(minutes=1))
    assert len(await look()) == before, "a moment is nothing"
    turnable.turn(timedelta(minutes=1))
    told = (await look())[before:]
    assert [words.partition(", since")[0] for words in told] == [
        "1 journey is due and not taken up: rt.part, version 1"
    ]
    assert len(await look()) == before + 1
    turnable.turn(timedelta(hours=1))
    assert len(await look()) == before + 2
    await hand.work()
    turnable.turn(timedelta(hours=2))
    assert len(await look()) == before + 2
