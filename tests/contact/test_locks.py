"""Staff, machines and a mandate that ends, all at once: nobody waits for each other."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import asyncpg
from tests.contact.holding import Holding
from tests.waiting import until

from thingdesk import contact
from thingdesk.cases import Report
from thingdesk.catalog import Catalog
from thingdesk.flow import Flow
from thingdesk.packs import person
from thingdesk.platform import clock, ids
from thingdesk.platform.errors import Refused

WAITS = (
    "select exists (select from pg_stat_activity"
    " where datname = current_database() and wait_event_type = 'Lock')"
)
Party = tuple[UUID, str]


async def under_one_that_ends(desk: Holding, number: int) -> list[tuple[Party, UUID]]:
    """Holds of as many owners, in the order of their ids, under mandates that are over."""
    found = []
    for _ in range(number):
        owner = await desk.owner("one")
        given = await desk.mandate(owner)
        found.append((owner, (await desk.ask(owner, mandate_id=given)).hold))
        await desk.stop(owner, given)
    return sorted(found, key=lambda one: one[1])


async def test_what_ends_with_its_mandate_waits_for_nobody_and_is_ended_the_next_time(
    desk: Holding,
) -> None:
    (owner, first), (other, last) = await under_one_that_ends(desk, 2)
    async with desk.database.transaction() as tx:
        await contact.leave(tx, other[0], last, "Not wanted any more.")
        async with asyncio.timeout(60):
            assert await desk.look() == 1
        # had it waited for the last one, each would wait for the other now
        await contact.leave(tx, owner[0], first, "Not wanted any more.")
    assert [(await desk.get(one)).over for one in (first, last)] == [True, True]
    staff = await desk.person()
    _, kept = await desk.asked("kept")
    (_, ends), *_ = await under_one_that_ends(desk, 1)
    async with desk.database.transaction() as tx:
        await contact.take(tx, staff, desk.calls, ends)
        assert await desk.look() == 0
    assert await desk.look() == 1
    assert (await desk.take(staff)).id == kept


async def test_machines_that_come_together_change_holds_in_the_order_of_their_ids(
    desk: Holding, turning: clock.Turnable
) -> None:
    first_owner, first = await desk.asked("zoe")
    turning.turn(timedelta(seconds=1))
    last_owner, last = await desk.asked("abe")
    assert (first < last, first_owner[1] < last_owner[1]) == (True, False)
    flow = Flow(Catalog(person.SERVICES), ())
    pairs = [(last_owner[1], last), (first_owner[1], first)]
    group = [
        Report(
            machine, str(ids.new()), b"", clock.now(), "person.leave", {"hold": str(hold)}, machine
        )
        for machine, hold in pairs
    ]

    async def leave() -> None:
        async with desk.database.transaction() as tx:
            await flow.take_reports(tx, group)

    async def waits() -> bool:
        async with desk.database.transaction() as tx:
            return bool(await tx.fetchval(WAITS))

    async with desk.database.transaction() as tx:
        await tx.execute("select from hold where id = $1 for update", first)
        leaving = asyncio.create_task(leave())
        await until(waits)
        await tx.execute("select from hold where id = $1 for update nowait", last)
    await leaving
    assert [(await desk.get(one)).over for one in (first, last)] == [True, True]


async def test_all_at_once_nothing_dies_of_a_deadlock(desk: Holding) -> None:
    flow = Flow(Catalog(person.SERVICES), ())
    parties = await under_one_that_ends(desk, 6) + [await desk.asked("own") for _ in range(6)]
    people = [await desk.person() for _ in range(2)]

    async def staff(one: UUID) -> None:
        for _ in range(6):
            with suppress(Refused):
                await desk.end(one, (await desk.take(one)).id)

    async def machines(backwards: bool) -> None:
        asked = [
            Report(
                machine,
                str(ids.new()),
                b"",
                clock.now(),
                "person.leave",
                {"hold": str(hold)},
                machine,
            )
            for (_, machine), hold in parties
        ]
        async with desk.database.transaction() as tx:
            await flow.take_reports(tx, asked[::-1] if backwards else asked)

    async def ends() -> None:
        for _ in range(6):
            await desk.look()
            await desk.tick()

    work = (*(staff(one) for one in people), machines(False), machines(True), ends(), ends())
    said = await asyncio.gather(*work, return_exceptions=True)
    assert not [one for one in said if isinstance(one, asyncpg.DeadlockDetectedError)]
    assert [one for one in said if isinstance(one, BaseException)] == []
