"""The rows of promises."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from thingdesk.cases.calendar import Hours, Pause
from thingdesk.platform.database import Row, Transaction, columns, json

_START = """
insert into case_promise (case_id, name, round, started_at, due_at, seconds, zone, kept_at)
select * from unnest($1::uuid[], $2::text[], $3::integer[], $4::timestamptz[], $5::timestamptz[],
                     $6::double precision[], $7::text[], $8::timestamptz[])
"""
# of a case: as two conditions they would be those of the index of all that run, which is read as a
# whole where PostgreSQL knows nothing of the table yet
_RUNS = "coalesce(kept_at, broken_at) is null"
_RUNNING = f"""
select * from case_promise where case_id = any($1) and {_RUNS}
order by case_id, name, round for update
"""  # noqa: S608 - a constant
_WRITE = """
update case_promise p set pauses = t.pauses::jsonb, due_at = t.due_at, kept_at = t.kept_at
from unnest($1::uuid[], $2::text[], $3::integer[], $4::text[], $5::timestamptz[],
            $6::timestamptz[])
    as t (case_id, name, round, pauses, due_at, kept_at)
where p.case_id = t.case_id and p.name = t.name and p.round = t.round
"""
_BREAK = """
update case_promise set broken_at = $1
where (case_id, name, round) in (
    select case_id, name, round from case_promise
    where kept_at is null and broken_at is null and due_at <= $1
    order by due_at limit $2 for update skip locked)
returning *
"""
# A case that came back has new promises: what was broken before is history.
_BROKEN = """
select p.* from case_promise p join desk_case c on c.id = p.case_id
where p.broken_at > $1 and c.state <> 'ended' and p.round = c.reopened
order by p.broken_at desc limit $2
"""

_MEASURE = """
select count(*) filter (where due_at > $1) as in_time,
       count(*) filter (where due_at <= $1) as late
from case_promise where kept_at is null and broken_at is null and due_at is not null
"""


@dataclass(frozen=True, slots=True)
class Promised:
    """One promise of one case: running, kept or broken. `due_at` is None while it is paused."""

    case_id: UUID
    name: str
    round: int
    started_at: datetime
    due_at: datetime | None
    duration: timedelta
    hours: Hours | None
    pauses: tuple[Pause, ...]
    kept_at: datetime | None
    broken_at: datetime | None


def start(tx: Transaction, row: tuple[Any, ...]) -> None:
    tx.defer(_START, row)


async def running(tx: Transaction, case_ids: Collection[UUID]) -> list[Promised]:
    """The running promises of these cases, locked."""
    return [_promised(row) for row in await tx.fetch(_RUNNING, list(case_ids))]


async def of_case(tx: Transaction, case_id: UUID, most: int = 100) -> list[Promised]:
    """Those of a case, of its newest rounds, in the order of their times."""
    rows = await tx.fetch(
        "select * from (select * from case_promise where case_id = $1 order by round desc, name"
        " limit $2) newest order by round, coalesce(due_at, kept_at, broken_at), started_at, name",
        case_id,
        most,
    )
    return [_promised(row) for row in rows]


async def drop(tx: Transaction, case_id: UUID) -> None:
    """Promises that nobody waits for any more: the case ended otherwise."""
    await tx.execute(
        f"update case_promise set due_at = null where case_id = $1 and {_RUNS}",  # noqa: S608 - a constant
        case_id,
    )


async def measure(tx: Transaction, now: datetime) -> dict[str, int]:
    return dict(await tx.fetchrow(_MEASURE, now) or {})


async def break_due(tx: Transaction, now: datetime, most: int) -> list[Promised]:
    return [_promised(row) for row in await tx.fetch(_BREAK, now, most)]


async def at_risk(tx: Transaction, before: datetime, most: int) -> list[Promised]:
    rows = await tx.fetch(
        "select * from case_promise where kept_at is null and broken_at is null"
        " and due_at <= $1 order by due_at limit $2",
        before,
        most,
    )
    return [_promised(row) for row in rows]


async def broken(tx: Transaction, since: datetime, most: int) -> list[Promised]:
    rows = await tx.fetch(_BROKEN, since, most)
    return [_promised(row) for row in rows]


async def write(tx: Transaction, changed: Sequence[Promised]) -> None:
    rows = [
        (one.case_id, one.name, one.round, _pauses(one), one.due_at, one.kept_at) for one in changed
    ]
    await tx.execute(_WRITE, *columns(rows))


def _pauses(one: Promised) -> str:
    return json(
        [
            [p.since.isoformat(), p.until.isoformat() if p.until else None, p.reason]
            for p in one.pauses
        ]
    )


def _promised(row: Row) -> Promised:
    pauses = tuple(
        Pause(
            datetime.fromisoformat(since), datetime.fromisoformat(until) if until else None, reason
        )
        for since, until, reason in row["pauses"]
    )
    return Promised(
        row["case_id"],
        row["name"],
        row["round"],
        row["started_at"],
        row["due_at"],
        timedelta(seconds=row["seconds"]),
        Hours(zone=row["zone"]) if row["zone"] else None,
        pauses,
        row["kept_at"],
        row["broken_at"],
    )
