"""A sale at the same moment as a report, a diagnosis, an answer or a step of a journey."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import UUID

import pytest
from tests import whose
from tests.hand import Hand, open_hand
from tests.journeys.bustle import Bustle, open_cases, report
from tests.journeys.garage import BOUNDLESS, owned
from tests.waiting import until

from thingdesk import cases, decisions, fulfilment, mandates, parties
from thingdesk.cases import CaseFilter, Outcome, State
from thingdesk.catalog import Catalog
from thingdesk.flow import Flow
from thingdesk.fulfilment import JobState, StockLine
from thingdesk.notices import Recipient
from thingdesk.packs import vehicle
from thingdesk.parties import NewOwner
from thingdesk.platform import clock
from thingdesk.platform.database import Database, Transaction
from thingdesk.platform.errors import Refused
from thingdesk.sdk import Data, Journey, Promise, minutes, service
from thingdesk.sdk import Outcome as Result
from thingdesk.signals import Signal

MISFIRE = {"code": "P0301"}


class Ask(Data):
    pass


class Told(Result):
    pass


class Gate:
    """Where a journey stands in the middle of a batch, with its run locked."""

    reached = asyncio.Event()
    opened = asyncio.Event()

    @classmethod
    async def stand(cls, _: Transaction, those: list[None]) -> list[None]:
        cls.reached.set()
        await cls.opened.wait()
        return those


@service("lab.gated", title="Restart, later", promise=Promise(), effects=("command",))
async def gated(journey: Journey, _: Ask) -> Told:
    await journey.run.tx.share(Gate.stand, None)
    await journey.command("restart", expires=minutes(5))
    return Told(words="Restarted.")


@pytest.fixture(scope="module")
async def hand(database: Database) -> Hand:
    flow = Flow(Catalog((*vehicle.SERVICES, gated)), vehicle.RULES)
    one = await open_hand(database, flow)
    for n in range(2):
        centre = await one.provider(f"Centre {n}", "repair_centre", "engine", km=n)
        async with database.transaction() as tx:
            await fulfilment.set_stock(tx, [StockLine(centre.id, "ignition_coil", 10_000)])
    return one


async def buyer(hand: Hand, name: str) -> UUID:
    async with hand.database.transaction() as tx:
        return (await parties.add_owner(tx, NewOwner(f"{name}@example.org", name))).id


@asynccontextmanager
async def holding(
    hand: Hand, act: Callable[[Transaction], Awaitable[object]], other: Awaitable[object]
) -> AsyncIterator[None]:
    """`act` is done and not committed, and `other` waits for that."""
    async with asyncio.TaskGroup() as group, hand.database.transaction() as tx:
        await act(tx)
        await tx.flush()
        task = group.create_task(_await(other))

        async def waits() -> bool:
            waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
            async with hand.database.transaction() as looking:
                return bool(await looking.fetchval(f"{waiting} and datname = current_database()"))

        await until(waits)
        yield
        assert not task.done()


async def _await(other: Awaitable[object]) -> None:
    await other


async def test_a_report_before_the_sale_is_withdrawn_by_it(hand: Hand) -> None:
    await owned(hand, "car-1")

    async def take(tx: Transaction) -> None:
        await hand.flow.take_reports(tx, [report("car-1", MISFIRE)])

    async with holding(hand, take, hand.sell("car-1", "next-1")):
        pass
    async with hand.database.transaction() as tx:
        (case,) = await cases.search(tx, CaseFilter(subject="car-1"))
    assert case.outcome is Outcome.WITHDRAWN


async def test_a_report_amid_the_sale_is_the_next_owners(hand: Hand) -> None:
    await owned(hand, "car-2")
    next_owner = await buyer(hand, "next-2")

    async def sell(tx: Transaction) -> None:
        await hand.flow.transfer(tx, "car-2", next_owner, clock.now())

    async with holding(hand, sell, hand.take("car-2", "vehicle.repair", MISFIRE)):
        pass
    (case,) = await open_cases(hand, "car-2")
    assert case.owner_id == next_owner


async def test_a_finding_amid_the_sale_is_the_next_owners(hand: Hand) -> None:
    await owned(hand, "car-3")
    next_owner = await buyer(hand, "next-3")

    async def sell(tx: Transaction) -> None:
        await hand.flow.transfer(tx, "car-3", next_owner, clock.now())

    async with hand.database.transaction() as tx:
        one = Signal("car-3", "first", b"", clock.now(), {"speed": 50.0}, ("P0301",))
        await hand.flow.take_signals(tx, [one])

    async def diagnose() -> None:
        async with hand.database.transaction() as tx:
            assert await hand.flow.diagnose(tx) == 1

    async with holding(hand, sell, diagnose()):
        pass
    (case,) = await open_cases(hand, "car-3")
    assert (case.owner_id, case.origin) == (next_owner, "finding")


async def test_a_finding_before_the_sale_is_asked_again(hand: Hand) -> None:
    await owned(hand, "car-4")
    async with hand.database.transaction() as tx:
        one = Signal("car-4", "first", b"", clock.now(), {"speed": 50.0}, ("P0301",))
        await hand.flow.take_signals(tx, [one])
    async with holding(hand, hand.flow.diagnose, hand.sell("car-4", "next-4")):
        pass
    (case,) = await open_cases(hand, "car-4")
    assert case.owner_id == await buyer(hand, "next-4")


async def test_an_answer_before_the_sale_sets_nothing_going(hand: Hand) -> None:
    former = await owned(hand, "car-5")
    case_id = await hand.opened("car-5", "vehicle.repair", MISFIRE)
    asked = (await hand.question(case_id)).question

    async def answer(tx: Transaction) -> None:
        await decisions.answer(tx, asked.id, "slot0", Recipient.owner(former))

    async with holding(hand, answer, hand.sell("car-5", "next-5")):
        pass
    await hand.work()
    assert (await hand.case(case_id)).outcome is Outcome.WITHDRAWN
    async with hand.database.transaction() as tx:
        assert await fulfilment.jobs_of(tx, case_id) == []


async def test_an_answer_amid_the_sale_is_told_that_it_is_too_late(hand: Hand) -> None:
    former = await owned(hand, "car-6")
    case_id = await hand.opened("car-6", "vehicle.repair", MISFIRE)
    asked = (await hand.question(case_id)).question
    next_owner = await buyer(hand, "next-6")

    async def sell(tx: Transaction) -> None:
        await hand.flow.transfer(tx, "car-6", next_owner, clock.now())

    async def answer() -> None:
        with pytest.raises(Refused):
            async with hand.database.transaction() as tx:
                await decisions.answer(tx, asked.id, "slot0", Recipient.owner(former))

    async with holding(hand, sell, answer()):
        pass


async def test_a_step_under_way_is_waited_for_and_taken_back(hand: Hand) -> None:
    await owned(hand, "car-7")
    await hand.take("car-7", "lab.gated", {})
    async with asyncio.TaskGroup() as group:
        working = group.create_task(hand.engine().once())
        await Gate.reached.wait()
        sale = group.create_task(hand.sell("car-7", "next-7"))
        done, _ = await asyncio.wait([sale], timeout=0.5)
        assert not done, "the batch holds the run"
        Gate.opened.set()
        await working
        await sale
    async with hand.database.transaction() as tx:
        (case,) = await cases.search(tx, CaseFilter(subject="car-7"))
        (sent,) = await fulfilment.commands_of(tx, case.id)
    assert case.outcome is Outcome.WITHDRAWN
    assert sent.state is fulfilment.CommandState.UNDELIVERED


async def test_sales_amid_everything_leave_every_case_with_its_owner(hand: Hand) -> None:
    names = [f"busy-{n}" for n in range(5)]
    for name in names:
        await owned(hand, name)
        for n in range(3):
            async with hand.database.transaction() as tx:
                one = await parties.add_owner(tx, NewOwner(f"{name}-{n}@example.org", name))
                await mandates.grant(tx, one.id, BOUNDLESS)
    bustle = Bustle(hand, names)
    acts = (bustle.report, bustle.signal, bustle.diagnose, bustle.work, bustle.work, bustle.answer)
    async with asyncio.timeout(120), asyncio.TaskGroup() as group:
        tasks = [group.create_task(bustle.go_on(act)) for act in acts]
        for turn in range(6):
            await asyncio.gather(*(hand.sell(name, f"{name}-{turn % 3}") for name in names))
            so_far = bustle.done

            async def went_on(so_far: int = so_far) -> bool:
                return bustle.done > so_far + 10

            await until(went_on)
        bustle.over.set()
        assert all(not task.cancelled() for task in tasks)
    await hand.work()
    withdrawn = 0
    for name in names:
        async with hand.database.transaction() as tx:
            owner = await whose.owner_of(tx, name)
            found = await cases.search(tx, CaseFilter(subject=name, most=1000))
        assert owner
        assert {one.owner_id for one in found if one.state is not State.ENDED} == {owner.id}
        over = [case.id for case in found if case.outcome is Outcome.WITHDRAWN]
        withdrawn += len(over)
        for case_id in over:
            await nothing_stays(hand, case_id)
    assert withdrawn > 2 * len(names)


async def nothing_stays(hand: Hand, case_id: UUID) -> None:
    async with hand.database.transaction() as tx:
        asked = await decisions.of_case(tx, case_id)
        jobs = await fulfilment.jobs_of(tx, case_id)
        parts = await fulfilment.parts_of(tx, case_id)
    assert not [one for one in asked if one.state is decisions.State.OPEN]
    assert {one.state for one in jobs} <= {JobState.CANCELLED}
    assert {one.state.value for one in parts} <= {"released"}
    assert (await hand.kinds(case_id))[-1] in {"case.ended", "notice.told", "notice.given_up"}
