import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest
from tests import whose
from tests.parties.making import an_owner, unique

from thingdesk import parties, timeline
from thingdesk.parties import NewMachine
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refused

DAY = timedelta(days=1)
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


async def owned(database: Database, since: datetime, machines: int = 1) -> tuple[UUID, list[str]]:
    owner, names = an_owner(), [unique("car") for _ in range(machines)]
    async with database.transaction() as tx:
        await parties.register(
            tx, [NewMachine(one, "car", owner=owner, owned_since=since) for one in names]
        )
        found = await parties.owner_by_email(tx, owner.email.upper())
        assert found
        return found.id, names


async def another(database: Database) -> UUID:
    async with database.transaction() as tx:
        return (await parties.add_owner(tx, an_owner())).id


async def move(database: Database, machine: str, owner: UUID | None, at: datetime) -> None:
    async with database.transaction() as tx:
        await parties.transfer(tx, machine, owner, at)


async def test_ownership_is_a_period(database: Database) -> None:
    now = clock.now()
    first, [car] = await owned(database, now - 10 * DAY)
    second = await another(database)
    await move(database, car, second, now - 5 * DAY)
    await move(database, car, None, now - 2 * DAY)
    async with database.transaction() as tx:
        at = [(car, now - days * DAY) for days in (11, 10, 6, 5, 3, 2, 0)]
        found = await parties.ownerships_of(tx, at)
        periods = await parties.periods_of(tx, car)
        held = await whose.owner_of(tx, car, now - 6 * DAY)
        assert await whose.owner_of(tx, car, now) is None
        assert await parties.machines_of(tx, second) == []
    names = [period.owner_id if period else None for period in found]
    assert names == [None, first, first, second, second, None, None]
    assert [period.owner_id for period in periods] == [second, first]
    assert held
    assert held.id == first


async def test_a_transfer_to_the_same_owner_changes_nothing(database: Database) -> None:
    now = clock.now()
    first, [car] = await owned(database, now - 10 * DAY)
    await move(database, car, first, now - 5 * DAY)
    async with database.transaction() as tx:
        assert len(await parties.periods_of(tx, car)) == 1
        assert [machine.id for machine in await parties.machines_of(tx, first)] == [car]


async def test_periods_never_overlap(database: Database) -> None:
    now = clock.now()
    _, [car] = await owned(database, now - 10 * DAY)
    second = await another(database)
    for at, code in (
        (now - 11 * DAY, "transfer_too_early"),
        (now - 10 * DAY, "transfer_too_early"),
        (now + DAY, "transfer_too_late"),
    ):
        with pytest.raises(Refused, match=code):
            await move(database, car, second, at)
    await move(database, car, None, now - 2 * DAY)
    with pytest.raises(Refused, match="transfer_too_early"):
        await move(database, car, second, now - 3 * DAY)
    await move(database, car, second, now - 2 * DAY)
    with pytest.raises(asyncpg.UniqueViolationError):
        async with database.transaction() as tx:
            await tx.execute("insert into ownership values ($1, $2, $3)", car, second, now)


async def test_of_concurrent_transfers_each_has_its_turn(database: Database) -> None:
    now = clock.now()
    _, [car] = await owned(database, now - 10 * DAY)
    owners = [await another(database) for _ in range(8)]
    at = [now - 5 * DAY + number * timedelta(hours=1) for number in range(8)]
    answers = await asyncio.gather(
        *(move(database, car, owner, when) for owner, when in zip(owners, at, strict=True)),
        return_exceptions=True,
    )
    # one that came after a later one is refused: it would overlap
    assert all(answer is None or isinstance(answer, Refused) for answer in answers)
    async with database.transaction() as tx:
        periods = await parties.periods_of(tx, car)
    assert len(periods) == 1 + sum(answer is None for answer in answers)
    newest_first = [period.begins for period in periods]
    assert [period.ends for period in periods] == [None, *newest_first[:-1]]


async def test_who_may_speak_for_whom_depends_on_the_time(database: Database) -> None:
    now = clock.now()
    _, [car, robot] = await owned(database, now - 10 * DAY, machines=2)
    await move(database, car, await another(database), now - 5 * DAY)
    async with database.transaction() as tx:
        days = [(robot, car, 6), (robot, car, 5), (car, robot, 5), (robot, car, 11), (car, car, 0)]
        asked = [(reporter, subject, now - n * DAY) for reporter, subject, n in days]
        assert await parties.speak_for(tx, asked) == [True, False, False, False, True]
        unowned = [(unique("x"), unique("y"), now), (robot, robot, now), (car, robot, now)]
        assert await parties.speak_for(tx, unowned) == [False, True, False]
        assert await parties.speak_for(tx, []) == []


async def test_unknown_parties_are_refused(database: Database) -> None:
    now = clock.now()
    _, [car] = await owned(database, now - 10 * DAY)
    with pytest.raises(Refused, match="machine_unknown"):
        await move(database, unique("nobody"), None, now)
    with pytest.raises(Refused, match="owner_unknown"):
        await move(database, car, ids.new(), now)
    async with database.transaction() as tx:
        with pytest.raises(Refused, match=r"owner\.?.*zone"):
            await parties.add_owner(tx, parties.NewOwner("a@b.org", "A", "Mars/Olympus"))


async def test_both_streams_tell_of_a_transfer(database: Database) -> None:
    now = clock.now()
    first, [car] = await owned(database, now - 10 * DAY)
    second = await another(database)
    await move(database, car, second, now - DAY)
    async with database.transaction() as tx:
        kinds = [entry.kind for entry in await timeline.read(tx, f"machine:{car}")]
        former = [entry.kind for entry in await timeline.read(tx, f"owner:{first}")]
        later = [entry.kind for entry in await timeline.read(tx, f"owner:{second}")]
    assert kinds == ["machine.registered", "ownership.began", "ownership.ended", "ownership.began"]
    assert former == ["owner.registered", "ownership.began", "ownership.ended"]
    assert later == ["owner.registered", "ownership.began"]


@pytest.mark.parametrize("at", [FIRST, datetime(1969, 12, 31, tzinfo=UTC)])
async def test_no_ownership_begins_before_the_years_that_are_reckoned_in(
    database: Database, at: datetime
) -> None:
    car, owner = unique("car"), await another(database)
    async with database.transaction() as tx:
        await parties.register(tx, [NewMachine(car, "car")])
    with pytest.raises(Refused) as caught:
        await move(database, car, owner, at)
    assert caught.value.refusal.code == "transfer_too_early"


@pytest.mark.parametrize("column", ["begins", "ends"])
@pytest.mark.parametrize("table", ["ownership", "entitlement"])
@pytest.mark.parametrize("at", [FIRST, LAST])
async def test_the_database_holds_no_infinite_period(
    database: Database, table: str, column: str, at: datetime
) -> None:
    machine = unique("car")
    async with database.transaction() as tx:
        await parties.register(tx, [NewMachine(machine, "car", owner=an_owner())])
        await tx.execute(
            "insert into entitlement (id, kind, machine, reference, content, added_at)"
            " values ($1, 'law', $2, '', '{}', now())",
            ids.new(),
            machine,
        )
    sql = f"update {table} set {column} = $2 where machine = $1"
    with pytest.raises(asyncpg.CheckViolationError):
        async with database.transaction() as tx:
            await tx.execute(sql, machine, at)
