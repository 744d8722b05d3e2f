"""Which mandate a case was asked for under."""

from collections.abc import Sequence
from uuid import UUID

from thingdesk.cases.model import Case
from thingdesk.cases.store import to_case
from thingdesk.platform.database import Transaction, columns

_PUT = """
insert into case_mandate (case_id, mandate_id) select * from unnest($1::uuid[], $2::uuid[])
on conflict (case_id) do update set mandate_id = excluded.mandate_id
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


async def under(tx: Transaction, mandate_id: UUID, most: int) -> list[Case]:
    """What was asked for under a mandate, the newest first."""
    return [to_case(row) for row in await tx.fetch(_UNDER, mandate_id, most)]
