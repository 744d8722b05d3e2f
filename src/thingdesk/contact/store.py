from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from uuid import UUID

from thingdesk.contact.expect import Line
from thingdesk.contact.model import Hold, State
from thingdesk.platform.database import Row, Transaction
from thingdesk.platform.kept import Kept

KEPT = (Kept("hold", "ended_at", timedelta(days=400)),)
"""Who wanted a person, about what, and what came of it."""

_TALKED, _MEASURED = timedelta(days=30), 50
# the same order as Hold.rank, by its index
_QUEUE = "safety desc, (least(misses, 1)) desc, queued_at, id"
_NEXT = f"""
select * from hold where state = 'waiting' order by {_QUEUE} limit 1 for update skip locked
"""  # noqa: S608 - a constant
_WAITING = f"select * from hold where state = 'waiting' order by {_QUEUE} limit $1"  # noqa: S608 - a constant
_AHEAD = """
select count(*) from hold
where state = 'waiting'
  and (not safety, least(misses, 1) = 0, queued_at, id) < ($1::boolean, $2::boolean, $3, $4)
"""
_PEOPLE = """
select count(distinct staff_id) as people,
       count(*) filter (where state in ('ready', 'talking')) as busy,
       (select min(queued_at) from hold where state = 'waiting') as first,
       (select max(ended_at) from hold where ended_at >= $1 and staff_id is not null) as freed
from hold where staff_id is not null and (state in ('ready', 'talking') or taken_at >= $1)
"""
_LASTED = """
select ended_at - taken_at as lasted from hold
where taken_at >= $1 and state = 'ended' and staff_id is not null
order by taken_at desc limit $2
"""
_LAPSED = """
select * from hold
where (state = 'ready' and since <= $1) or (state = 'missed' and since <= $2)
order by id limit $3 for update skip locked
"""
_PROMISED = """
select call_back_at, count(*) as times from hold
where call_back_at between $1 and $2 and state <> 'withdrawn' and id <> $3
group by call_back_at
"""
_BACKS = """
select * from hold where state = 'booked' and call_back_at < $1
order by call_back_at, id limit $2
"""
_TALKS = "select * from hold where state in ('ready', 'talking') order by since, id limit $1"
_MEASURE = """
select state, count(*) as number, min(since) as since, min(queued_at) as queued_at,
       min(call_back_at) as call_back_at
from hold where ended_at is null group by state
"""
_FIELDS = tuple(Hold.__dataclass_fields__)
_INSERT = (
    f"insert into hold ({', '.join(_FIELDS)})"  # noqa: S608 - names of our own fields
    f" values ({', '.join(f'${n}' for n in range(1, len(_FIELDS) + 1))})"
)
_CHANGED = _FIELDS[_FIELDS.index("language") :]
_SAVE = (
    f"update hold set ({', '.join(_CHANGED)})"  # noqa: S608 - names of our own fields
    f" = ({', '.join(f'${n}' for n in range(2, len(_CHANGED) + 2))}) where id = $1"
)
_ERASE = """
update hold set about = '(erased)', topic = 'erased:' || id, words = null, language = ''
where owner_id = $1
"""


def _hold(row: Row) -> Hold:
    return Hold(**{**row, "state": State(row["state"])})


def _values(hold: Hold) -> dict[str, object]:
    return {**asdict(hold), "state": hold.state.value}


async def take_turns(tx: Transaction) -> None:
    """One transaction at a time changes holds that its group, machine or owner names: how many an
    owner has, and how often a time is promised, is counted. Before any lock on a hold: whoever
    changes several then waits for nobody who does, too, in whatever order they come.
    """
    await _lock(tx, "holds")


async def lock_staff(tx: Transaction, staff_id: UUID) -> None:
    """One at a time takes for one of the staff."""
    await _lock(tx, f"hold by {staff_id}")


async def _lock(tx: Transaction, what: str) -> None:
    await tx.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", what)


async def insert(tx: Transaction, hold: Hold) -> None:
    await tx.execute(_INSERT, *_values(hold).values())


async def save(tx: Transaction, hold: Hold) -> None:
    values = _values(hold)
    await tx.execute(_SAVE, hold.id, *(values[name] for name in _CHANGED))


async def say(tx: Transaction, hold: Hold) -> bool:
    """Note what its machine is told; whether it waits still, and nobody is about to take it."""
    row = await tx.fetchrow(
        "update hold set told_place = $2, told_by = $3, told_at = $4 where id = any("
        " select id from hold where id = $1 and state = 'waiting' for update skip locked)"
        " returning id",
        hold.id,
        hold.told_place,
        hold.told_by,
        hold.told_at,
    )
    return row is not None


async def get(tx: Transaction, hold_id: UUID) -> Hold | None:
    row = await tx.fetchrow("select * from hold where id = $1", hold_id)
    return _hold(row) if row else None


async def lock(tx: Transaction, hold_id: UUID) -> Hold | None:
    row = await tx.fetchrow("select * from hold where id = $1 for update", hold_id)
    return _hold(row) if row else None


async def lock_open(tx: Transaction, owner_id: UUID, topic: str) -> Hold | None:
    row = await tx.fetchrow(
        "select * from hold where owner_id = $1 and topic = $2 and ended_at is null for update",
        owner_id,
        topic,
    )
    return _hold(row) if row else None


async def lock_next(tx: Transaction) -> Hold | None:
    row = await tx.fetchrow(_NEXT)
    return _hold(row) if row else None


async def lock_of_machine(tx: Transaction, machine: str) -> list[Hold]:
    rows = await tx.fetch(
        "select * from hold where machine = $1 and ended_at is null for update",
        machine,
    )
    return [_hold(row) for row in rows]


async def lock_of_owner(tx: Transaction, owner_id: UUID) -> list[Hold]:
    rows = await tx.fetch(
        "select * from hold where owner_id = $1 and ended_at is null for update",
        owner_id,
    )
    return [_hold(row) for row in rows]


async def mandates(tx: Transaction) -> set[UUID]:
    """Under which something is open."""
    rows = await tx.fetch(
        "select distinct mandate_id from hold where mandate_id is not null and ended_at is null"
    )
    return {row["mandate_id"] for row in rows}


async def lock_under(tx: Transaction, mandate_ids: Collection[UUID]) -> list[Hold]:
    """What is open under these, is no talk yet, and in nobody's hand at this moment."""
    rows = await tx.fetch(
        "select * from hold where mandate_id = any($1) and ended_at is null"
        " and state <> 'talking' order by id for update skip locked",
        list(mandate_ids),
    )
    return [_hold(row) for row in rows]


async def of_staff(tx: Transaction, staff_id: UUID) -> Hold | None:
    row = await tx.fetchrow(
        "select * from hold where staff_id = $1 and state in ('ready', 'talking')", staff_id
    )
    return _hold(row) if row else None


async def counts(tx: Transaction, owner_id: UUID, since: datetime) -> tuple[int, int]:
    """How many an owner has open, and how many were asked for since then."""
    row = await tx.fetchrow(
        "select count(*) filter (where ended_at is null) as open,"
        " count(*) filter (where asked_at >= $2) as asked from hold where owner_id = $1",
        owner_id,
        since,
    )
    return (row["open"], row["asked"]) if row else (0, 0)


async def open_of_owner(tx: Transaction, owner_id: UUID, most: int) -> list[Hold]:
    rows = await tx.fetch(
        "select * from hold where owner_id = $1 and ended_at is null order by asked_at limit $2",
        owner_id,
        most,
    )
    return [_hold(row) for row in rows]


async def waiting(tx: Transaction, most: int) -> list[Hold]:
    return [_hold(row) for row in await tx.fetch(_WAITING, most)]


async def talks(tx: Transaction, most: int) -> list[Hold]:
    return [_hold(row) for row in await tx.fetch(_TALKS, most)]


async def booked(tx: Transaction, before: datetime, most: int) -> list[Hold]:
    return [_hold(row) for row in await tx.fetch(_BACKS, before, most)]


async def ahead(tx: Transaction, hold: Hold) -> int:
    """How many wait before it."""
    found: int = await tx.fetchval(_AHEAD, *hold.rank)
    return found


async def line(tx: Transaction, now: datetime, serving: timedelta) -> Line:
    row = await tx.fetchrow(_PEOPLE, now - serving)
    lasted = await tx.fetch(_LASTED, now - _TALKED, _MEASURED)
    spans = tuple(one["lasted"] for one in lasted)
    if row is None:
        return Line(0, 0, spans)
    since = max((at for at in (row["first"], row["freed"]) if at), default=now)
    return Line(row["people"], row["busy"], spans, now - since if row["first"] else timedelta())


async def promised(
    tx: Transaction, since: datetime, until: datetime, but: UUID
) -> dict[datetime, int]:
    """How often each time is given away, without the hold `but`."""
    rows = await tx.fetch(_PROMISED, since, until, but)
    return {row["call_back_at"]: row["times"] for row in rows}


async def lock_lapsed(
    tx: Transaction, ready: datetime, missed: datetime, most: int
) -> Sequence[Hold]:
    """What is ready since before `ready`, and missed since before `missed`."""
    return [_hold(row) for row in await tx.fetch(_LAPSED, ready, missed, most)]


async def measure(tx: Transaction) -> list[Row]:
    return await tx.fetch(_MEASURE)


async def erase(tx: Transaction, owner_id: UUID) -> None:
    await tx.execute(_ERASE, owner_id)
