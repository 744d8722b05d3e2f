"""What reporters said of a case in words of their own."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from thingdesk.cases.model import Opening, Said
from thingdesk.platform.database import Transaction

MOST = 20
"""Of how many reports of a case it is kept."""
_PUT = """
insert into case_said (case_id, reporter, event_id, said, said_at)
select $1, $2, $3, $4, $5
where (select count(*) from case_said where case_id = $1) < $6
on conflict do nothing
"""


async def put(tx: Transaction, rows: Sequence[tuple[UUID, Opening]], now: datetime) -> None:
    """Keep what was said in reports of these cases."""
    for case_id, one in rows:
        if one.said:
            said = dict(one.said)
            await tx.execute(_PUT, case_id, one.reporter, one.event_id, said, now, MOST)


async def said_of(tx: Transaction, case_ids: Collection[UUID]) -> dict[UUID, tuple[Said, ...]]:
    """By case what was said in its reports, the first one first."""
    found: dict[UUID, tuple[Said, ...]] = {}
    for row in await tx.fetch(
        "select case_id, reporter, said from case_said where case_id = any($1)"
        " order by case_id, said_at, reporter, event_id",
        list(case_ids),
    ):
        found[row["case_id"]] = (
            *found.get(row["case_id"], ()),
            Said(row["reporter"], row["said"]),
        )
    return found
