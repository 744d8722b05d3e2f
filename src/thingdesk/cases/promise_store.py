"""The rows of promises."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from thingdesk.cases.calendar import Hours, Pause
from thingdesk.platform.database import Row, Transaction, json

_START = """
insert into case_promise (case_id, name, round, started_at, due_at, seconds, zone, kept_at)
select * from unnest($1::uuid[], $2::text[], $3::integer[], $4::timestamptz[], $5::timestamptz[],
                     $6::double precision[], $7::text[], $8::timestamptz[])
"""
_RUNNING = """
select * from case_promise
where case_id = $1 and kept_at is null and broken_at is null
order by name for update
"""
_BREAK = """
update case_promise set broken_at = $1
where (case_id, name, round) in (
    select case_id, name, round from case_promise
    where kept_at is null and broken_at is null and due_at <= $1
    order by due_at limit $2 for update skip locked)
returning *
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


async def running(tx: Transaction, case_id: UUID) -> list[Promised]:
    return [_promised(row) for row in await tx.fetch(_RUNNING, case_id)]


async def of_case(tx: Transaction, case_id: UUID) -> list[Promised]:
    rows = await tx.fetch(
        "select * from case_promise where case_id = $1 order by round, started_at, name", case_id
    )
    return [_promised(row) for row in rows]


async def keep(tx: Transaction, case_id: UUID, name: str, now: datetime) -> list[Promised]:
    rows = await tx.fetch(
        "update case_promise set kept_at = $3 where case_id = $1 and name = $2"
        " and kept_at is null and broken_at is null returning *",
        case_id,
        name,
        now,
    )
    return [_promised(row) for row in rows]


async def drop(tx: Transaction, case_id: UUID) -> None:
    """Promises that nobody waits for any more: the case ended otherwise."""
    await tx.execute(
        "update case_promise set due_at = null where case_id = $1"
        " and kept_at is null and broken_at is null",
        case_id,
    )


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


async def set_pauses(
    tx: Transaction, one: Promised, pauses: list[Pause], due_at: datetime | None
) -> None:
    data = [
        [p.since.isoformat(), p.until.isoformat() if p.until else None, p.reason] for p in pauses
    ]
    await tx.execute(
        "update case_promise set pauses = $4::text::jsonb, due_at = $5"
        " where case_id = $1 and name = $2 and round = $3",
        one.case_id,
        one.name,
        one.round,
        json(data),
        due_at,
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
