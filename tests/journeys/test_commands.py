"""Commands of journeys: what the machine says of them, late or never, and taking them back."""

from datetime import timedelta
from uuid import UUID

import pytest
from tests.hand import Hand, open_hand

from thingdesk import fulfilment, journeys, mandates
from thingdesk.cases import Outcome as Ended
from thingdesk.catalog import Catalog
from thingdesk.flow import Flow
from thingdesk.fulfilment import CommandState, SentCommand
from thingdesk.mandates import Policy
from thingdesk.platform import clock
from thingdesk.platform.database import Database
from thingdesk.sdk import Data, Journey, Outcome, Promise, minutes, service


class Ask(Data):
    reason: str = "none"


class Told(Outcome):
    answer: str = ""


@service("lab.restart", title="Restart", promise=Promise(), effects=("command",))
async def restart(journey: Journey, ask: Ask) -> Told:
    detail = await journey.command(
        "restart", {"why": ask.reason}, expires=minutes(5), preconditions={"speed": {"max": 0}}
    )
    return Told(words="Restarted.", answer=str(detail))


@service("lab.restart_twice", title="Restart twice", promise=Promise(), effects=("command",))
async def restart_twice(journey: Journey, ask: Ask) -> Told:
    await journey.command("restart")
    await journey.command("restart", {"why": ask.reason})
    return Told(words="Restarted twice.")


@pytest.fixture(scope="module")
async def hand(database: Database) -> Hand:
    one = await open_hand(database, Flow(Catalog((restart, restart_twice)), ()))
    async with database.transaction() as tx:
        await mandates.set_policy(tx, Policy(acts_for_unowned=True))
    return one


async def sent(hand: Hand, case_id: UUID) -> SentCommand:
    async with hand.database.transaction() as tx:
        (one,) = await fulfilment.commands_of(tx, case_id)
    return one


@pytest.mark.parametrize("status", ["done", "refused", "failed"])
async def test_a_command_ends_by_the_machines_own_result(hand: Hand, status: str) -> None:
    name = f"lab-{status}"
    await hand.machine(name, "lab")
    case_id = await hand.opened(name, "lab.restart", {"reason": "hung"})
    command = (await sent(hand, case_id)).command
    assert (command.name, command.arguments) == ("restart", {"why": "hung"})
    assert command.preconditions == {"speed": {"max": 0}}
    async with hand.database.transaction() as tx:
        await fulfilment.settle_command(tx, command.effect_id, name, status, {"uptime": 1})
    await hand.work()
    case = await hand.case(case_id)
    assert case.outcome is (Ended.FULFILLED if status == "done" else Ended.REFUSED)
    assert case.outcome_data
    if status != "done":
        assert case.outcome_data["code"] == f"command_{status}"


async def fetched(hand: Hand, machine: str) -> list[str]:
    """What a machine that asks for commands gets: their ids, or `recall` for one to be dropped."""
    async with hand.database.transaction() as tx:
        found = await fulfilment.waiting_commands(tx, machine)
    return ["recall" if one.recalled_at else str(one.id) for one in found]


async def settle(hand: Hand, case_id: UUID, status: str, **detail: str) -> None:
    command = (await sent(hand, case_id)).command
    async with hand.database.transaction() as tx:
        await fulfilment.settle_command(tx, command.effect_id, command.machine, status, detail)
    await hand.work()


async def code(hand: Hand, case_id: UUID) -> object:
    """The code of the outcome, None while the case is open."""
    case = await hand.case(case_id)
    return case.outcome_data and case.outcome_data["code"]


async def test_a_command_that_the_machine_never_had_ends_with_its_time(hand: Hand) -> None:
    await hand.machine("lab-gone", "lab")
    turnable = clock.Turnable()
    with clock.reading(turnable):
        case_id = await hand.opened("lab-gone", "lab.restart", {})
        turnable.turn(timedelta(minutes=6))
        await hand.tick()
    assert await code(hand, case_id) == "command_undelivered"


async def test_a_result_that_comes_late_goes_to_the_journey_that_still_waits(hand: Hand) -> None:
    await hand.machine("lab-late", "lab")
    turnable = clock.Turnable()
    with clock.reading(turnable):
        case_id = await hand.opened("lab-late", "lab.restart", {})
        assert len(await fetched(hand, "lab-late")) == 1
        turnable.turn(timedelta(minutes=6))
        await hand.tick()
        assert (await sent(hand, case_id)).state is CommandState.UNANSWERED
        assert (await hand.case(case_id)).outcome is None
        await settle(hand, case_id, "done")
    assert (await hand.case(case_id)).outcome is Ended.FULFILLED
    kinds = await hand.kinds(case_id)
    assert kinds.index("command.unanswered") < kinds.index("command.settled")


async def test_a_result_after_the_journey_is_still_recorded(hand: Hand) -> None:
    await hand.machine("lab-later", "lab")
    turnable = clock.Turnable()
    with clock.reading(turnable):
        case_id = await hand.opened("lab-later", "lab.restart", {})
        await fetched(hand, "lab-later")
        turnable.turn(timedelta(minutes=21))
        await hand.tick()
        case = await hand.case(case_id)
        assert await code(hand, case_id) == "command_unanswered"
        assert "it may have" in str(case.outcome_words)
        await settle(hand, case_id, "done")
    assert (await sent(hand, case_id)).state is CommandState.DONE
    assert (await hand.kinds(case_id))[-1] == "command.settled"
    assert "effect.undone" not in await hand.kinds(case_id)


async def test_why_a_machine_did_not_do_it_is_said(hand: Hand) -> None:
    await hand.machine("lab-fast", "lab")
    case_id = await hand.opened("lab-fast", "lab.restart", {})
    await settle(hand, case_id, "refused", code="precondition", reason="speed is 12, needed is 0")
    assert "speed is 12" in str((await hand.case(case_id)).outcome_words)


@pytest.mark.parametrize("put_out", [True, False])
async def test_a_case_that_is_withdrawn_recalls_its_command(hand: Hand, put_out: bool) -> None:
    name = f"lab-stop-{put_out}"
    await hand.machine(name, "lab")
    case_id = await hand.opened(name, "lab.restart", {})
    if put_out:
        assert await fetched(hand, name) == [str((await sent(hand, case_id)).id)]
    async with hand.database.transaction() as tx:
        await journeys.withdraw(tx, case_id, "The owner said stop.", "not wanted")
    await hand.work()
    assert (await hand.case(case_id)).outcome is Ended.WITHDRAWN
    assert await fetched(hand, name) == (["recall"] if put_out else [])
    assert ("effect.undone" in await hand.kinds(case_id)) is not put_out


async def test_a_command_that_was_done_is_not_recalled_with_what_came_after(hand: Hand) -> None:
    await hand.machine("lab-done", "lab")
    case_id = await hand.opened("lab-done", "lab.restart_twice", {})
    async with hand.database.transaction() as tx:
        (first,) = await fulfilment.waiting_commands(tx, "lab-done")
        await fulfilment.settle_command(tx, first.id, "lab-done", "done", {})
    await hand.work()
    async with hand.database.transaction() as tx:
        (second,) = await fulfilment.waiting_commands(tx, "lab-done")
        await fulfilment.settle_command(tx, second.id, "lab-done", "failed", {})
    await hand.work()
    assert await code(hand, case_id) == "command_failed"
    assert "effect.undone" not in await hand.kinds(case_id)
