"""Journeys of one batch: few statements for many, and each as if it were alone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest
from tests.hand import HERE, Hand, open_hand

from thingdesk import cases, decisions, fulfilment, journeys, mandates, parties, timeline
from thingdesk.cases import Report
from thingdesk.catalog import Catalog
from thingdesk.flow import Flow
from thingdesk.fulfilment import StockLine
from thingdesk.mandates import Terms
from thingdesk.notices import Recipient
from thingdesk.packs import vehicle
from thingdesk.parties import NewMachine, NewOwner
from thingdesk.platform import clock, durable, ids
from thingdesk.platform.database import Database
from thingdesk.platform.money import Money

COIL = Money(18900, "EUR")


@pytest.fixture(scope="module")
async def hand(database: Database) -> Hand:
    one = await open_hand(database, Flow(Catalog(vehicle.SERVICES), vehicle.RULES))
    near = await one.provider("Centre Near", "repair_centre", "engine", km=2)
    far = await one.provider("Centre Far", "repair_centre", "engine", km=30)
    async with database.transaction() as tx:
        await fulfilment.set_stock(
            tx, [StockLine(near.id, "ignition_coil", 500), StockLine(far.id, "ignition_coil", 500)]
        )
    for n in range(3):
        await one.provider(f"Truck {n}", "tow_truck", km=n + 1)
    return one


async def cars(database: Database, prefix: str, count: int, *, owners: int) -> list[UUID]:
    """Registers cars of so many owners; the ids of the owners."""
    async with database.transaction() as tx:
        new = [
            NewMachine(
                f"{prefix}-{n}",
                "car",
                "car",
                serial=f"{prefix}-{n}",
                position=HERE,
                owner=NewOwner(f"{prefix}-{n % owners}@example.org", "Owner"),
            )
            for n in range(count)
        ]
        await parties.register(tx, new)
        owned = await parties.ownerships_of(tx, [(one.id, clock.now()) for one in new[:owners]])
    return [one.owner_id for one in owned if one]


async def report(
    hand: Hand, prefix: str, count: int, service: str = "vehicle.repair", code: str = "P0301"
) -> list[UUID]:
    """One report of each car, in one transaction; nothing runs yet. The cases."""
    group = [
        Report(name, str(ids.new()), b"", clock.now(), service, {"code": code}, name)
        for name in (f"{prefix}-{n}" for n in range(count))
    ]
    async with hand.database.transaction() as tx:
        answers = await hand.flow.take_reports(tx, group)
    found = [one.case_id for one in answers if isinstance(one, cases.Answer) and one.case_id]
    assert len(found) == count
    return found


async def answered(database: Database, case_ids: list[UUID]) -> list[str]:
    """What the ledger says of each case's first effect."""
    async with database.transaction() as tx:
        ledger = [await journeys.effects_of(tx, one) for one in case_ids]
    return [effects[0].code for effects in ledger]


@asynccontextmanager
async def listening(url: str) -> AsyncIterator[tuple[Database, list[str]]]:
    """A pool of one connection, and all that is said on it."""
    database, said = await Database.connect(url, most=1), []
    async with database.transaction() as tx:
        tx._connection.add_query_logger(lambda record: said.append(record.query))
    yield database, said
    await database.close()


async def asked(hand: Hand, prefix: str, count: int) -> list[UUID]:
    """So many journeys, which are to ask their owners for a time; nothing runs yet. The cases."""
    terms = Terms(("*",), per_case=COIL, per_period=COIL)
    for owner in await cars(hand.database, prefix, count, owners=count):
        async with hand.database.transaction() as tx:
            await mandates.grant(tx, owner, terms)
    return await report(hand, prefix, count)


async def statements(hand: Hand, url: str, count: int) -> list[str]:
    """What one batch of so many says."""
    async with listening(url) as (database, said):
        assert await Hand(database, hand.flow).engine().once() == count
    return said


async def test_thirty_journeys_need_no_more_statements_than_two(
    hand: Hand, database_url: str
) -> None:
    needed = []
    for count in (2, 30):
        case_ids = await asked(hand, f"many-{count}", count)
        needed.append(len(await statements(hand, database_url, count)))
        for case_id in case_ids:
            assert (await hand.question(case_id)).question.options
    assert needed[0] == needed[1] < 63


async def test_nor_do_twelve_that_book(hand: Hand, database_url: str) -> None:
    needed = []
    for count in (2, 12):
        case_ids = await asked(hand, f"picked-{count}", count)
        await hand.work()
        for n, case_id in enumerate(case_ids):
            question = (await hand.question(case_id)).question
            assert question.owner_id
            async with hand.database.transaction() as tx:
                owner = Recipient.owner(question.owner_id)
                await decisions.answer(tx, question.id, f"slot{n}", owner)
        needed.append(len(await statements(hand, database_url, count)))
        for case_id in case_ids:
            assert (await hand.offered(case_id)).offer.appointment
    assert needed[0] == needed[1] < 62


async def test_nor_do_thirty_whose_owners_are_asked_more_in_the_same_mail(
    hand: Hand, database_url: str
) -> None:
    needed = []
    for count in (2, 30):
        prefix = f"more-{count}"
        await asked(hand, prefix, count)
        await hand.work()
        for code in ("P0302", "P0303"):
            case_ids = await report(hand, prefix, count, code=code)
            said = await statements(hand, database_url, count)
        needed.append(len(said))
        for case_id in case_ids:
            assert (await hand.question(case_id)).question.options
    assert needed[0] == needed[1] < 62


async def test_effects_of_one_batch_see_each_others_money(hand: Hand) -> None:
    (owner,) = await cars(hand.database, "fleet", 4, owners=1)
    async with hand.database.transaction() as tx:
        two = Money(2 * COIL.minor, "EUR")
        await mandates.grant(tx, owner, Terms(("*",), per_case=COIL, per_period=two))
    case_ids = await report(hand, "fleet", 4)
    await hand.work()
    codes = await answered(hand.database, case_ids)
    assert codes == ["mandated", "mandated", "over_period_budget", "over_period_budget"]


async def test_a_mandate_that_is_revoked_between_two_batches_counts(hand: Hand) -> None:
    (owner,) = await cars(hand.database, "between", 4, owners=1)
    async with hand.database.transaction() as tx:
        much = Money(10**6, "EUR")
        await mandates.grant(tx, owner, Terms(("*",), per_case=much, per_period=much))
    case_ids = await report(hand, "between", 4)
    engine = durable.Engine(hand.database, hand.flow.drivers, batch=2)
    assert await engine.once() == 2
    async with hand.database.transaction() as tx:
        await mandates.revoke(tx, owner, "sold my trust")
    assert await engine.once() == 2
    codes = sorted(await answered(hand.database, case_ids))
    assert codes == ["mandate_revoked", "mandate_revoked", "mandated", "mandated"]


async def test_a_breakdown_overtakes_the_repairs_that_were_reported_before_it(hand: Hand) -> None:
    await cars(hand.database, "overtaken", 3, owners=3)
    await cars(hand.database, "overtakes", 1, owners=1)
    repairs = await report(hand, "overtaken", 3)
    (breakdown,) = await report(hand, "overtakes", 1, "vehicle.breakdown", "C0040")
    assert await hand.engine(batch=1).once() == 1
    assert (await hand.offered(breakdown)).offer.provider
    async with hand.database.transaction() as tx:
        assert not [one for each in repairs for one in await journeys.effects_of(tx, each)]
    await hand.work()


async def test_a_batch_sends_no_truck_to_two_breakdowns(hand: Hand) -> None:
    await cars(hand.database, "broken", 5, owners=5)
    case_ids = await report(hand, "broken", 5, "vehicle.breakdown", "C0040")
    await hand.work()
    jobs = [await hand.offered(one) for one in case_ids]
    # three trucks with two places each
    assert len({job.offer.provider for job in jobs}) == 3


async def test_timelines_of_a_batch_hold_and_keep_their_order(hand: Hand) -> None:
    await cars(hand.database, "alike", 3, owners=3)
    case_ids = await report(hand, "alike", 3)
    await hand.work()
    kinds = [await hand.kinds(one) for one in case_ids]
    assert kinds[0] == kinds[1] == kinds[2]
    assert kinds[0][-3:] == ["promise.paused", "decision.asked", "notice.told"]
    async with hand.database.transaction() as tx:
        assert await timeline.verify(tx, f"case:{case_ids[0]}") is None
        assert len(await decisions.of_case(tx, case_ids[0])) == 1
