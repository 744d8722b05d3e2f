"""Which mandate a case was asked for under."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from thingdesk.cases.model import Case
from thingdesk.cases.store import to_case
from thingdesk.platform.database import Transaction, columns

_PUT = """
insert into case_mandate (case_id, mandate_id) select * from unnest($1::uuid[], $2::uuid[])
on conflict (case_id) do update set mandate_id = excluded.mandate_id, left_at = null
"""
_UNDER = """
select c.* from case_mandate m join desk_case c on c.id = m.case_id
where m.mandate_id = $1 order by c.opened_at desc, c.id desc limit $2
"""


async def put(tx: Transaction, rows: Sequence[tuple[UUID, UUID | None]]) -> None:
    """Cases with what they are under from now on, None for the owner's standing mandate."""
    under = [(case_id, mandate_id) for case_id, mandate_id in rows if mandate_id]
    if under:
        await tx.execute(_PUT, *columns(under))
    without = [case_id for case_id, mandate_id in rows if mandate_id is None]
    if without:
        await tx.execute("delete from case_mandate where case_id = any($1)", without)


async def given(tx: Transaction, case_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Those of these cases that are under a mandate which was given, with it."""
    rows = await tx.fetch(
        "select case_id, mandate_id from case_mandate where case_id = any($1) and left_at is null",
        list(case_ids),
    )
    return {row["case_id"]: row["mandate_id"] for row in rows}


async def leave(tx: Transaction, case_ids: Collection[UUID], at: datetime) -> None:
    """They rest on the standing mandate from now on. The caller holds their problems."""
    await tx.execute(
        "update case_mandate set left_at = $2 where case_id = any($1)", list(case_ids), at
    )


async def on_its_own(tx: Transaction, case_id: UUID) -> bool:
    """Whether a case that was asked for under a mandate rests on the standing one by now."""
    return await tx.share(_on_their_own, case_id)


async def _on_their_own(tx: Transaction, case_ids: Sequence[UUID]) -> list[bool]:
    rows = await tx.fetch(
        "select case_id from case_mandate where case_id = any($1) and left_at is not null",
        list(case_ids),
    )
    left = {row["case_id"] for row in rows}
    return [one in left for one in case_ids]


async def under(tx: Transaction, mandate_id: UUID, most: int) -> list[Case]:
    """What was asked for under a mandate, the newest first."""
    return [to_case(row) for row in await tx.fetch(_UNDER, mandate_id, most)]


async def asked_under(tx: Transaction, case_id: UUID) -> UUID | None:
    """What a case was asked for under; None for the owner's standing mandate."""
    found: UUID | None = await tx.fetchval(
        "select mandate_id from case_mandate where case_id = $1", case_id
    )
    return found
