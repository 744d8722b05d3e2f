"""Staff, machines and a mandate that ends, all at once: nobody waits for each other."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
from tests.contact.holding import NUMBER, Holding
from tests.waiting import until

from thingdesk import contact, parties
from thingdesk.cases import Answer, Report
from thingdesk.catalog import Catalog
from thingdesk.flow import Flow
from thingdesk.packs import person
from thingdesk.platform import clock, ids
from thingdesk.platform.errors import Refusal, Refused

WAITING = (
    "select count(*) from pg_stat_activity"
    " where datname = current_database() and wait_event_type = 'Lock'"
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


def says(owner: Party, verb: str, **given: str) -> Report:
    """What a machine of an owner asks for."""
    event_id = str(ids.new())
    machine = owner[1]
    return Report(
        machine, event_id, event_id.encode(), clock.now(), f"person.{verb}", given, machine
    )


async def another_of(desk: Holding, owner: Party, name: str) -> Party:
    """Another machine of the same owner."""
    machine = f"{name}-{uuid4().hex[:8]}"
    async with desk.database.transaction() as tx:
        known = await parties.get_owner(tx, owner[0])
        assert known
        new = parties.NewOwner(known.email or "", known.name, known.zone)
        await parties.register(tx, [parties.NewMachine(machine, "assistant", owner=new)])
    return owner[0], machine


async def taken_while_held(
    desk: Holding, held: Sequence[UUID], *groups: Sequence[Report]
) -> list[Answer | Refusal]:
    """What groups are answered that came while somebody had these holds in hand, and waited."""
    flow = Flow(Catalog(person.SERVICES), (), calls=desk.calls)

    async def take(group: Sequence[Report]) -> list[Answer | Refusal]:
        async with desk.database.transaction() as tx:
            return await flow.take_reports(tx, group)

    async def all_wait() -> bool:
        async with desk.database.transaction() as tx:
            return bool(await tx.fetchval(WAITING) == len(groups))

    async with desk.database.transaction() as tx:
        await tx.execute("select from hold where id = any($1) for update", list(held))
        tasks = [asyncio.create_task(take(one)) for one in groups]
        await until(all_wait)
    return [answer for group in await asyncio.gather(*tasks) for answer in group]


async def test_two_groups_that_ask_for_the_same_owners_do_not_wait_for_each_other(
    desk: Holding,
) -> None:
    (anna, first), (bert, second) = await desk.asked("a"), await desk.asked("b")
    also_berts, also_annas = await another_of(desk, bert, "c"), await another_of(desk, anna, "d")
    groups = [
        [says(one, "ask", about="A bill", reach=NUMBER) for one in group]
        for group in ((anna, bert), (also_berts, also_annas))
    ]
    answers = await taken_while_held(desk, [first, second], *groups)
    holds = [one.outcome and one.outcome["hold"] for one in answers if isinstance(one, Answer)]
    assert holds == [str(one) for one in (first, second, second, first)]


async def test_two_groups_that_book_the_same_times_do_not_wait_for_each_other(
    desk: Holding, turning: clock.Turnable
) -> None:
    holds = []
    for name in "abcd":
        holds.append(await desk.asked(name))
        turning.turn(timedelta(seconds=1))
    one, other, *_ = (await desk.see(holds[0][0][0], holds[0][1])).times
    asked = [
        says(owner, "call_back", hold=str(hold), at=at.isoformat())
        for (owner, hold), at in zip(holds, (one, other, other, one), strict=True)
    ]
    answers = await taken_while_held(desk, [holds[1][1], holds[3][1]], asked[:2], asked[2:])
    states = [it.outcome and it.outcome["state"] for it in answers if isinstance(it, Answer)]
    assert states == ["booked"] * 4


async def test_all_at_once_nothing_dies_of_a_deadlock(desk: Holding) -> None:
    flow = Flow(Catalog(person.SERVICES), ())
    holds = await under_one_that_ends(desk, 6) + [await desk.asked("own") for _ in range(6)]
    people = [await desk.person() for _ in range(2)]

    async def staff(one: UUID) -> None:
        for _ in range(6):
            with suppress(Refused):
                await desk.end(one, (await desk.take(one)).id)

    async def machines(backwards: bool) -> None:
        asked = [says(owner, "leave", hold=str(hold)) for owner, hold in holds]
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
