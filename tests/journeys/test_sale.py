"""A machine is sold: what was the former owner's ends at once, without a worker, and what is still
wrong is the next one's."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from tests import whose
from tests.hand import Hand, open_hand

from thingdesk import cases, decisions, fulfilment, mandates, notices, parties
from thingdesk.cases import Case, CaseFilter, Outcome, State
from thingdesk.catalog import Catalog
from thingdesk.flow import Flow
from thingdesk.fulfilment import AppointmentState, CommandState, JobState, StockLine
from thingdesk.mandates import Terms
from thingdesk.notices import Recipient
from thingdesk.packs import equipment, vehicle
from thingdesk.platform import clock, durable
from thingdesk.platform.database import Database
from thingdesk.platform.money import Money
from thingdesk.sdk import Data, Journey, Promise, minutes, service
from thingdesk.sdk import Outcome as Result

MISFIRE = {"code": "P0301"}
COIL = "ignition_coil"
HALF_HOUR = timedelta(minutes=30)
GENEROUS = Terms(("*",), per_case=Money(50000, "EUR"), per_period=Money(200000, "EUR"))


class Ask(Data):
    reason: str = "none"


class Told(Result):
    pass


@service("lab.restart", title="Restart", promise=Promise(), effects=("command",))
async def restart(journey: Journey, ask: Ask) -> Told:
    await journey.command("restart", {"why": ask.reason}, expires=minutes(5))
    return Told(words="Restarted.")


@service("lab.broken", title="Never works", promise=Promise())
async def broken(journey: Journey, _: Ask) -> Told:
    raise ValueError(f"the author's mistake, on {journey.subject}")


@pytest.fixture(scope="module")
async def hand(database: Database) -> Hand:
    services = (*vehicle.SERVICES, *equipment.SERVICES, restart, broken)
    one = await open_hand(database, Flow(Catalog(services), (*vehicle.RULES, *equipment.RULES)))
    centre = await one.provider("Centre", "repair_centre", "engine", "cooling", km=2)
    for n in range(9):
        await one.provider(f"Technician {n}", "technician", "machinery", km=n)
    async with database.transaction() as tx:
        await fulfilment.set_stock(tx, [StockLine(centre.id, COIL, 50)])
    return one


async def owned(hand: Hand, name: str, model: str = "car", **more: Any) -> UUID:
    owner = await hand.machine(name, model, owner=f"owner-{name}", **more)
    assert owner
    async with hand.database.transaction() as tx:
        await mandates.grant(tx, owner, GENEROUS)
    return owner


async def of_machine(hand: Hand, name: str) -> list[Case]:
    async with hand.database.transaction() as tx:
        found = await cases.search(tx, CaseFilter(subject=name))
    return sorted(found, key=lambda case: case.opened_at)


async def pending(hand: Hand, name: str) -> list[tuple[str, UUID | None]]:
    async with hand.database.transaction() as tx:
        waiting = await notices.pending(tx, name)
    return [(one.notice.kind, one.notice.case_id) for one in waiting]


async def test_what_was_arranged_is_taken_back_in_the_commit_of_the_sale(hand: Hand) -> None:
    await owned(hand, "car-1")
    case_id = await hand.opened("car-1", "vehicle.repair", MISFIRE)
    await hand.answer(case_id, "slot0")
    job = await hand.accept(case_id)
    await hand.sell("car-1", "next-1")
    case = await hand.case(case_id)
    assert case.outcome is Outcome.WITHDRAWN
    assert case.outcome_words == "The machine has another owner now."
    async with hand.database.transaction() as tx:
        after = await fulfilment.get_job(tx, job.id)
        (booked,) = await fulfilment.appointments_of(tx, case_id)
        (part,) = await fulfilment.parts_of(tx, case_id)
    assert after
    assert after.state is JobState.CANCELLED
    assert booked.state is AppointmentState.CANCELLED
    assert part.state.value == "released"
    kinds = await hand.kinds(case_id)
    assert kinds.count("money.released") == 1
    assert kinds.count("effect.undone") == 2
    await hand.work()
    assert await hand.kinds(case_id) == kinds, "nothing happens to it any more"


async def test_a_question_is_withdrawn_and_the_former_owner_is_told(hand: Hand) -> None:
    await owned(hand, "car-2")
    case_id = await hand.opened("car-2", "vehicle.repair", MISFIRE)
    asked = await hand.question(case_id)
    await hand.sell("car-2", "next-2")
    async with hand.database.transaction() as tx:
        after = await decisions.get(tx, asked.question.id)
    assert after
    assert after.state is decisions.State.WITHDRAWN
    told = await hand.told(case_id)
    assert ("owner", "case.ended") in told
    assert ("machine", "case.ended") not in told


async def test_a_command_that_was_not_put_out_yet_never_is(hand: Hand) -> None:
    await owned(hand, "car-3")
    case_id = await hand.opened("car-3", "lab.restart", {})
    await hand.sell("car-3", None)
    async with hand.database.transaction() as tx:
        assert await fulfilment.waiting_commands(tx, "car-3") == []
        assert await fulfilment.claim_due_commands(tx, 1000) == []
        (sent,) = await fulfilment.commands_of(tx, case_id)
    assert sent.state is CommandState.UNDELIVERED


async def test_a_command_that_was_put_out_is_followed_by_its_recall(hand: Hand) -> None:
    await owned(hand, "car-13")
    case_id = await hand.opened("car-13", "lab.restart", {})
    async with hand.database.transaction() as tx:
        assert len(await fulfilment.claim_due_commands(tx, 1000)) == 1
    await hand.sell("car-13", "next-13")
    async with hand.database.transaction() as tx:
        (sent,) = await fulfilment.commands_of(tx, case_id)
        assert sent.recalled_at
        await fulfilment.settle_command(tx, sent.id, "car-13", "recalled", {})
    await hand.work()
    assert (await hand.case(case_id)).outcome is Outcome.WITHDRAWN


async def test_work_that_is_done_is_paid_and_its_part_is_used(hand: Hand) -> None:
    await owned(hand, "car-14")
    case_id = await hand.opened("car-14", "vehicle.repair", MISFIRE)
    await hand.answer(case_id, "slot0")
    job = await hand.accept(case_id)
    async with hand.database.transaction() as tx:
        await fulfilment.done(tx, job.id, job.offer.provider, fulfilment.Evidence("Fitted."))
    await hand.sell("car-14", "next-14")
    async with hand.database.transaction() as tx:
        after = await fulfilment.get_job(tx, job.id)
        (booked,) = await fulfilment.appointments_of(tx, case_id)
        (part,) = await fulfilment.parts_of(tx, case_id)
    assert after
    assert after.state is JobState.DONE
    assert booked.state is AppointmentState.BOOKED
    assert part.state.value == "used"
    kinds = await hand.kinds(case_id)
    assert ("money.settled" in kinds, "money.released" in kinds) == (True, False)


async def test_the_next_owner_reads_nothing_of_the_former_one(hand: Hand) -> None:
    await owned(hand, "car-4")
    await hand.machine("assistant-4", "assistant", owner="owner-car-4")
    await hand.report("assistant-4", "vehicle.repair", MISFIRE, subject="car-4")
    (former,) = await of_machine(hand, "car-4")
    assert await pending(hand, "car-4") == [("case.opened", former.id)]
    await hand.sell("car-4", "next-4")
    assert await pending(hand, "car-4") == []
    async with hand.database.transaction() as tx:
        due = await notices.claim_due(tx, notices.Channel.MACHINE, 1000)
    assert "car-4" not in {one.notice.to.id for one in due}
    answer = await hand.report("assistant-4", "vehicle.repair", MISFIRE, subject="car-4")
    assert getattr(answer, "code", None) == "not_your_machine"


async def test_what_is_still_found_is_asked_for_again_for_the_next_owner(hand: Hand) -> None:
    former_owner = await owned(hand, "car-5")
    start = clock.now() - timedelta(minutes=5)
    await hand.say("car-5", "speed", [50] * 3, start=start, codes=("P0301",))
    (former,) = await of_machine(hand, "car-5")
    assert former.owner_id == former_owner
    next_owner = await hand.sell("car-5", "next-5")
    before, now = await of_machine(hand, "car-5")
    assert (before.id, before.outcome) == (former.id, Outcome.WITHDRAWN)
    assert (now.owner_id, now.state, now.origin) == (next_owner, State.OPEN, "finding")
    assert now.began_at
    assert now.began_at > start + timedelta(minutes=4), "not from before it was theirs"
    assert await pending(hand, "car-5") == [("case.opened", now.id)]
    await hand.work()
    assert (await hand.question(now.id)).question.owner_id == next_owner


async def test_what_is_found_by_a_rule_that_is_gone_is_no_mistake_at_a_sale(hand: Hand) -> None:
    await owned(hand, "car-gone")
    start = clock.now() - timedelta(minutes=5)
    await hand.say("car-gone", "speed", [50] * 3, start=start, codes=("P0301",))
    async with hand.database.transaction() as tx:
        await parties.add_staff(tx, "gone@example.org", "Staff", [parties.Role.AGENT])
    without = Hand(hand.database, Flow(hand.flow.catalog, equipment.RULES))
    await without.sell("car-gone", "next-gone")
    async with hand.database.transaction() as tx:
        told = await tx.fetch("select words from notice where kind = 'rule.failed'")
    assert [row["words"] for row in told] == []
    assert len(await of_machine(hand, "car-gone")) == 1


async def test_what_came_back_before_the_sale_is_not_opened_for_the_former_owner(
    hand: Hand,
) -> None:
    """Failed, mended, proven and failed again, all before its journey could end the first case."""
    await owned(hand, "press-6", "press", recorded=True)
    turnable = clock.Turnable()
    with clock.reading(turnable):
        start = clock.now() - timedelta(hours=14)
        bad, good = [60.0] * 27, [80.0] * 8
        await hand.say("press-6", "temperature", [80, *bad], start=start, every=HALF_HOUR)
        (first,) = await of_machine(hand, "press-6")
        await hand.finish(await hand.accept(first.id))
        turnable.turn(timedelta(hours=19))
        start = clock.now() - timedelta(hours=18)
        await hand.diagnosed("press-6", "temperature", [*good, *bad], start=start, every=HALF_HOUR)
        next_owner = await hand.sell("press-6", "next-6")
        await hand.work()
        before, now = await of_machine(hand, "press-6")
        assert (before.outcome, before.reopened) == (Outcome.WITHDRAWN, 0)
        assert (now.owner_id, now.state) == (next_owner, State.OPEN)
        await hand.answer(now.id, "no")
    assert (await hand.case(now.id)).outcome is Outcome.REFUSED
    assert len(await of_machine(hand, "press-6")) == 2


async def test_no_proof_is_sought_for_a_case_of_before(hand: Hand) -> None:
    await owned(hand, "press-7", "press")
    start = clock.now() - timedelta(hours=14)
    await hand.say("press-7", "temperature", [80, *[60.0] * 27], start=start, every=HALF_HOUR)
    (first,) = await of_machine(hand, "press-7")
    await hand.finish(await hand.accept(first.id))
    assert (await hand.case(first.id)).state is State.VERIFYING
    await hand.sell("press-7", "next-7")
    async with hand.database.transaction() as tx:
        (proof,) = await cases.verifications_of(tx, first.id)
    assert (proof.proven, proof.settled_at is None) == (False, False)


async def test_a_journey_that_is_stuck_does_not_outlive_the_sale(hand: Hand) -> None:
    await owned(hand, "car-8")
    turnable = clock.Turnable()
    with clock.reading(turnable):
        case_id = await hand.opened("car-8", "lab.broken", {})
        for _ in range(8):
            turnable.turn(timedelta(hours=1))
            await hand.work()
        async with hand.database.transaction() as tx:
            assert len(await durable.stuck(tx)) == 1
        await hand.sell("car-8", "next-8")
    async with hand.database.transaction() as tx:
        assert await durable.stuck(tx) == []
    assert (await hand.case(case_id)).outcome is Outcome.WITHDRAWN


async def test_a_transfer_to_the_same_owner_ends_nothing(hand: Hand) -> None:
    await owned(hand, "car-9")
    await hand.machine("assistant-9", "assistant", owner="owner-car-9")
    await hand.report("assistant-9", "vehicle.repair", MISFIRE, subject="car-9")
    await hand.sell("car-9", "owner-car-9")
    (case,) = await of_machine(hand, "car-9")
    assert case.state is State.OPEN
    assert await pending(hand, "car-9") == [("case.opened", case.id)]


async def test_other_machines_of_the_former_owner_keep_theirs(hand: Hand) -> None:
    await owned(hand, "car-10")
    await hand.machine("car-11", "car", owner="owner-car-10")
    other = await hand.opened("car-11", "vehicle.repair", MISFIRE)
    await hand.opened("car-10", "vehicle.repair", MISFIRE)
    await hand.sell("car-10", "next-10")
    assert (await hand.case(other)).state is State.OPEN
    assert (await hand.question(other)).question.case_id == other
    async with hand.database.transaction() as tx:
        owner = await whose.owner_of(tx, "car-11")
        assert owner
        waiting = await decisions.open_for_owner(tx, owner.id)
    assert [one.question.case_id for one in waiting] == [other]


async def test_the_wait_for_the_next_owner_is_nobodys(hand: Hand) -> None:
    await owned(hand, "car-12")
    case_id = await hand.opened("car-12", "vehicle.repair", MISFIRE)
    assert await hand.sell("car-12", None) is None
    assert (await hand.case(case_id)).outcome is Outcome.WITHDRAWN
    async with hand.database.transaction() as tx:
        assert await whose.owner_of(tx, "car-12") is None
        told = await notices.of_case(tx, case_id)
    assert Recipient.machine("car-12") not in {one.notice.to for one in told}
