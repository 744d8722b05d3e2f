from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from thingdesk.diagnosis.model import Finding
from thingdesk.diagnosis.store import to_finding
from thingdesk.platform.database import Transaction, columns

_LOCK_DUE = """
select * from finding where cleared_at is null and look_at <= $1
order by look_at limit $2 for update skip locked
"""
_PLAN = """
update finding f set look_at = t.at, told = t.told
from unnest($1::uuid[], $2::timestamptz[], $3::text[]) as t (id, at, told) where f.id = t.id
"""


async def lock_due(
    tx: Transaction, now: datetime, most: int
) -> list[tuple[UUID, Finding, str | None]]:
    rows = await tx.fetch(_LOCK_DUE, now, most)
    return [(row["id"], to_finding(row), row["told"]) for row in rows]


async def told_of(tx: Transaction, machines: Sequence[str], what: str) -> set[str]:
    rows = await tx.fetch(
        "select distinct machine from finding"
        " where machine = any($1) and cleared_at is null and told = $2",
        list(machines),
        what,
    )
    return {row["machine"] for row in rows}


async def plan(tx: Transaction, looked: Sequence[tuple[UUID, datetime, str | None]]) -> None:
    await tx.execute(_PLAN, *columns(looked))
