import asyncio
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID

import pytest
from tests.journeys.garage import COIL, MISFIRE, car, open_garage
from tests.mandates.test_budgets import someone_waits
from tests.parties.making import unique

from thingdesk import fulfilment, journeys, mandates
from thingdesk.cases import Outcome
from thingdesk.fulfilment import effects as world
from thingdesk.mandates import Action, Answer
from thingdesk.platform import ids
from thingdesk.platform.database import Database, Transaction
from thingdesk.platform.money import Money
from thingdesk.sdk import Data, Instant, Promise, service
from thingdesk.sdk import Outcome as Said


async def test_what_is_taken_back_waits_for_money_before_it_holds_a_part(
    database: Database,
) -> None:
    """As an effect does: who took them the other way round died of the other one."""
    hand = await open_garage(database)
    owner = await car(hand, "car-lock")
    case_id = await hand.opened("car-lock", "vehicle.repair", MISFIRE)
    async with database.transaction() as tx:
        (held,) = await fulfilment.parts_of(tx, case_id)
    effect = ids.new()
    action = Action(
        effect, owner, "car-lock", ids.new(), "vehicle.repair", "reserve_part",
        amount=Money(100, "EUR"),
    )  # fmt: skip
    async with database.transaction() as tx:
        assert (await mandates.check(tx, action)).answer is Answer.ALLOW
        withdrawing = asyncio.create_task(withdraw(database, case_id))
        await someone_waits(database)
        await world.reserve_part(tx, effect, held.provider, COIL, 1, case_id=action.case_id)
    await withdrawing
    assert (await hand.case(case_id)).outcome is Outcome.WITHDRAWN


async def test_so_does_a_journey_that_goes_to_another_provider(database: Database) -> None:
    hand = await open_garage(database)
    owner = await car(hand, "car-order")
    case_id = await hand.opened("car-order", "vehicle.repair", MISFIRE)
    await hand.answer(case_id, "slot0")
    job = await hand.offered(case_id)
    action = Action(
        ids.new(), owner, "car-order", ids.new(), "vehicle.repair", "book",
        amount=Money(100, "EUR"),
    )  # fmt: skip
    async with database.transaction() as tx:
        await fulfilment.decline(tx, job.id, job.offer.provider, "no time")
    async with database.transaction() as tx:
        assert (await mandates.check(tx, action)).answer is Answer.ALLOW
        working = asyncio.create_task(hand.work())
        await someone_waits(database)
        await tx.execute("select from part_stock for update nowait")
        await tx.execute("select from job where id = $1 for update nowait", job.id)
    await working
    assert (await hand.offered(case_id)).offer.provider != job.offer.provider


class Given(Data):
    pass


@service("lab.remember", title="Remember", promise=Promise(), instant=True)
async def remember(_: Instant, __: Given) -> Said:
    return Said(words="Done.")


def beginning(tx: Transaction, subject: str) -> Instant:
    return Instant(tx, remember, subject, subject)


@pytest.mark.parametrize(
    "first",
    [
        lambda one: one.keep("second", 2),
        lambda one: one.recall("second"),
        lambda one: one.neighbours("s", "second"),
    ],
    ids=("keep", "recall", "neighbours"),
)
async def test_two_who_remember_of_one_subject_wait_from_their_first_word_on(
    database: Database, first: Callable[[Instant], Coroutine[Any, Any, Any]]
) -> None:
    """Else two that keep the same things in another order would each wait for the other one."""
    subject = unique("car")
    async with database.transaction() as later, database.transaction() as elsewhere:
        async with database.transaction() as tx:
            one, two = beginning(tx, subject), beginning(later, subject)
            await one.keep("first", 1)
            waiting = asyncio.create_task(first(two))
            await someone_waits(database)
            await one.keep("second", 1)
            await beginning(elsewhere, unique("car")).keep("first", 3)
        await waiting
        await two.keep("first", 2)
        assert await two.recall("first") == 2


async def withdraw(database: Database, case_id: UUID) -> None:
    async with database.transaction() as tx:
        await journeys.withdraw(tx, case_id, "not wanted", "not wanted")
