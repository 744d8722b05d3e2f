"""The rows of verifications."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from thingdesk.cases.recovery import Criterion, Progress
from thingdesk.platform.database import Row, Transaction, json

_RUNNING = """
select * from verification where subject = any($1) and settled_at is null order by id for update
"""
_SAVE = """
update verification v
set progress = t.progress::jsonb, settled_at = t.settled_at,
    proven = case when t.settled_at is null then null else true end
from unnest($1::uuid[], $2::text[], $3::timestamptz[]) as t (id, progress, settled_at)
where v.id = t.id
"""
# the proof of before a case was reopened counts no more
_PROVEN = """
select distinct on (v.case_id) v.case_id, v.proven, v.progress ->> 'last' as last
from verification v join desk_case c on c.id = v.case_id
where v.case_id = any($1) and c.state <> 'ended' and v.turn = c.reopened
order by v.case_id, v.id desc
"""


@dataclass(frozen=True, slots=True)
class Verification:
    """A proof that is sought, or was found or not."""

    id: UUID
    case_id: UUID
    subject: str
    run_id: UUID
    key: str
    criterion: Criterion
    progress: Progress
    begun_at: datetime
    settled_at: datetime | None
    proven: bool | None


async def insert(tx: Transaction, one: Verification) -> None:
    await tx.execute(
        "insert into verification"
        " (id, case_id, subject, run_id, key, criterion, progress, begun_at, turn)"
        " select $1, $2, $3, $4, $5, $6, $7, $8, reopened from desk_case where id = $2",
        one.id,
        one.case_id,
        one.subject,
        one.run_id,
        one.key,
        one.criterion.as_data(),
        one.progress.as_data(),
        one.begun_at,
    )


async def running(tx: Transaction, subjects: Sequence[str]) -> list[Verification]:
    return [_verification(row) for row in await tx.fetch(_RUNNING, list(subjects))]


async def of_case(tx: Transaction, case_id: UUID, most: int = 100) -> list[Verification]:
    """The newest of a case, the oldest of them first."""
    rows = await tx.fetch(
        "select * from (select * from verification where case_id = $1 order by id desc limit $2)"
        " newest order by id",
        case_id,
        most,
    )
    return [_verification(row) for row in rows]


async def proven(tx: Transaction, case_ids: Sequence[UUID]) -> dict[UUID, datetime]:
    """When, by the subject's own clock, the newest verification of each case was met."""
    if not case_ids:
        return {}
    rows = await tx.fetch(_PROVEN, list(case_ids))
    return {
        row["case_id"]: datetime.fromisoformat(row["last"]) for row in rows if row["proven"] is True
    }


async def save(tx: Transaction, changed: Sequence[tuple[UUID, Progress]], now: datetime) -> None:
    await tx.execute(
        _SAVE,
        [one for one, _ in changed],
        [json(progress.as_data()) for _, progress in changed],
        [now if progress.proven else None for _, progress in changed],
    )


async def give_up(tx: Transaction, verification_id: UUID, now: datetime) -> Verification | None:
    row = await tx.fetchrow(
        "update verification set settled_at = $2, proven = false"
        " where id = $1 and settled_at is null returning *",
        verification_id,
        now,
    )
    return _verification(row) if row else None


async def give_up_of(tx: Transaction, case_ids: Sequence[UUID], now: datetime) -> None:
    await tx.execute(
        "update verification set settled_at = $2, proven = false"
        " where case_id = any($1) and settled_at is null",
        list(case_ids),
        now,
    )


def _verification(row: Row) -> Verification:
    values = {name: row[name] for name in Verification.__slots__}
    values["criterion"] = Criterion.from_data(row["criterion"])
    values["progress"] = Progress.from_data(row["progress"])
    return Verification(**values)
