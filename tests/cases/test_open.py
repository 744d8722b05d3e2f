import asyncio
from datetime import timedelta
from uuid import UUID

from tests.cases.openings import opening

from thingdesk import cases, parties, signals, timeline
from thingdesk.cases import Outcome
from thingdesk.parties import NewMachine
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database, Transaction
from thingdesk.signals import Signal

DAYS_30 = timedelta(days=30)


async def open_one(database: Database, one: cases.Opening) -> cases.Opened:
    async with database.transaction() as tx:
        return (await cases.open(tx, [one]))[0]


async def end(database: Database, case_id: UUID, outcome: Outcome) -> None:
    async with database.transaction() as tx:
        await cases.end(tx, case_id, outcome, "It is done.", {}, DAYS_30)


async def kinds(database: Database, case_id: UUID) -> list[str]:
    async with database.transaction() as tx:
        assert await timeline.verify(tx, f"case:{case_id}") is None
        return [entry.kind for entry in await timeline.read(tx, f"case:{case_id}")]


async def test_a_thousand_reports_at_once_are_one_case_each_problem(database: Database) -> None:
    reports = [opening(f"press-{n % 50}", "hot") for n in range(1000)]

    async def send(group: list[cases.Opening]) -> list[cases.Opened]:
        async with database.transaction() as tx:
            return await cases.open(tx, group)

    groups = [reports[n : n + 40] for n in range(0, 1000, 40)]
    # every second group comes backwards: whoever locks in the order of arrival dies of a deadlock
    answers = await asyncio.gather(*(send(g[::-1] if i % 2 else g) for i, g in enumerate(groups)))
    opened = [one for group in answers for one in group]
    assert sum(one.new for one in opened) == 50
    assert len({one.case_id for one in opened}) == 50
    async with database.transaction() as tx:
        found = await cases.get_many(tx, list({one.case_id for one in opened}))
    assert sum(case.reports for case in found.values()) == 1000


async def test_every_report_is_on_the_timeline(database: Database) -> None:
    first = await open_one(database, opening("press-100"))
    again = await open_one(database, opening("press-100", reporter="assistant-1"))
    assert (first.new, again.new, again.case_id) == (True, False, first.case_id)
    assert await kinds(database, first.case_id) == ["case.opened", "case.joined"]


async def test_what_was_reported_and_is_found_too_is_not_fulfilled(database: Database) -> None:
    seen = {"measure": "temperature", "value": 60.0, "limit": 68.0}
    opened = await open_one(database, opening("press-106"))
    joined = await open_one(database, opening("press-106", origin="finding", evidence=seen))
    assert joined.case_id == opened.case_id
    await end(database, opened.case_id, Outcome.FULFILLED)
    async with database.transaction() as tx:
        found = await cases.get(tx, opened.case_id)
    assert found
    assert (found.outcome, found.evidence, found.origin) == (Outcome.UNVERIFIED, seen, "report")


async def test_of_a_machine_that_insists_the_timeline_does_not_grow_for_ever(
    database: Database,
) -> None:
    first = await open_one(database, opening("press-105"))
    for _ in range(4):
        async with database.transaction() as tx:
            await cases.open(tx, [opening("press-105")] * 100)
    assert (await kinds(database, first.case_id)).count("case.joined") == 99 + 2  # 128 and 256
    async with database.transaction() as tx:
        found = await cases.get(tx, first.case_id)
    assert found
    assert found.reports == 401


async def test_a_new_owner_gets_a_case_of_their_own(database: Database) -> None:
    seller, buyer = ids.new(), ids.new()
    first = await open_one(database, opening("press-104", owner_id=seller))
    again = await open_one(database, opening("press-104", owner_id=buyer))
    assert (again.new, again.former) == (True, first.case_id)
    await end(database, first.case_id, Outcome.WITHDRAWN)
    third = await open_one(database, opening("press-104", owner_id=buyer))
    assert (third.case_id, third.new, third.former) == (again.case_id, False, None)
    assert await kinds(database, first.case_id) == ["case.opened", "case.ended"]


async def test_a_relapse_reopens_the_case_and_a_late_one_opens_another(database: Database) -> None:
    first = await open_one(database, opening("press-101"))
    await end(database, first.case_id, Outcome.FULFILLED)
    again = await open_one(database, opening("press-101"))
    assert (again.case_id, again.reopened, again.new) == (first.case_id, True, False)
    await end(database, first.case_id, Outcome.FULFILLED)
    turnable = clock.Turnable()
    with clock.reading(turnable):
        turnable.turn(timedelta(days=31))
        other = await open_one(database, opening("press-101"))
    assert other.new
    assert other.case_id != first.case_id


async def test_what_a_machine_finds_is_a_relapse_by_its_own_clock(database: Database) -> None:
    # a recording that is replayed is two months behind, and goes on there
    behind = clock.now() - timedelta(days=60)
    async with database.transaction() as tx:
        await parties.register(tx, [NewMachine("press-105", "press", recorded=True)])
        await signals.make_room(tx)
        await signals.take(tx, [Signal("press-105", "e1", b"", behind, {"temperature": 80.0})])
    first = await open_one(database, opening("press-105"))
    await end(database, first.case_id, Outcome.FULFILLED)
    found = opening("press-105", origin="finding", at=behind + timedelta(days=31))
    assert (await open_one(database, found)).new
    await end(database, (await open_one(database, opening("press-105"))).case_id, Outcome.FULFILLED)
    found = opening("press-105", origin="finding", at=behind + timedelta(days=29))
    assert (await open_one(database, found)).reopened


async def test_after_a_sale_the_same_problem_is_another_case(database: Database) -> None:
    first = await open_one(database, opening("press-102", owner_id=ids.new()))
    await end(database, first.case_id, Outcome.FULFILLED)
    assert (await open_one(database, opening("press-102", owner_id=ids.new()))).new


async def test_a_refused_case_is_not_reopened(database: Database) -> None:
    turnable = clock.Turnable()
    with clock.reading(turnable):
        first = await open_one(database, opening("press-103"))
        await end(database, first.case_id, Outcome.REFUSED)
        turnable.turn(timedelta(minutes=5))
        assert (await open_one(database, opening("press-103"))).new


async def broken(tx: Transaction, opened: cases.Opened) -> list[str]:
    found = await cases.break_due_promises(tx)
    return [one.name for one in found if one.case_id == opened.case_id]


async def test_promises_run_pause_and_break_by_the_clock(database: Database) -> None:
    turnable = clock.Turnable()
    with clock.reading(turnable):
        opened = await open_one(database, opening("press-104"))
        async with database.transaction() as tx:
            await cases.keep_promise(tx, opened.case_id, "decision")
            await cases.pause_promises(tx, opened.case_id, "waits for the owner")
        turnable.turn(timedelta(days=10))
        async with database.transaction() as tx:
            assert await broken(tx, opened) == []
            await cases.resume_promises(tx, opened.case_id, "the owner answered")
        turnable.turn(timedelta(days=4))
        async with database.transaction() as tx:
            assert await broken(tx, opened) == []
        turnable.turn(timedelta(days=2))
        async with database.transaction() as tx:
            assert await broken(tx, opened) == ["resolution"]
        async with database.transaction() as tx:
            assert await broken(tx, opened) == []
    assert await kinds(database, opened.case_id) == [
        "case.opened",
        "promise.kept",
        "promise.paused",
        "promise.resumed",
        "promise.broken",
    ]


async def test_promises_of_many_cases_turn_together(database: Database) -> None:
    opened = [await open_one(database, opening(f"lathe-{n}")) for n in (1, 2)]
    first, second = (one.case_id for one in opened)

    async def act(tx: Transaction, case_id: UUID, *, keep: bool) -> None:
        if keep:
            await cases.keep_promise(tx, case_id, "decision")
        else:
            await cases.pause_promises(tx, case_id, "waits for the owner")

    # two journeys of the first case: what the one keeps, the other does not pause any more
    both = [(first, True), (first, False), (second, False)]
    async with database.transaction() as tx:
        await tx.together(act(tx, case_id, keep=keep) for case_id, keep in both)
        standing = {
            case_id: {
                one.name: (one.kept_at is not None, one.due_at, len(one.pauses)) for one in of
            }
            for case_id in (first, second)
            if (of := await cases.promises_of(tx, case_id))
        }
    assert standing[first]["resolution"] == (False, None, 1)
    kept, due_at, pauses = standing[first]["decision"]
    assert (kept, due_at is not None, pauses) == (True, True, 0)
    assert standing[second]["decision"] == standing[second]["resolution"] == (False, None, 1)
    assert await kinds(database, first) == ["case.opened", "promise.kept", "promise.paused"]
    assert await kinds(database, second) == ["case.opened", "promise.paused"]
