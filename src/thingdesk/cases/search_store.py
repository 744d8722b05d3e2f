"""Finding and counting cases."""

from datetime import datetime
from uuid import UUID

from thingdesk.cases.model import Case, CaseFilter, OwnedCases
from thingdesk.cases.store import to_case
from thingdesk.platform.database import Transaction

_FIND = """
select * from desk_case
where ($1::text is null or state = $1) and ($2::text is null or outcome = $2)
  and ($3::text is null or service = $3) and ($4::text is null or subject = $4)
  and ($5::uuid is null or owner_id = $5)
  and ($6::text is null or position(lower($6) in
        lower(title || ' ' || subject || ' ' || reporter || ' ' || input::text)) > 0)
  and ($7::timestamptz is null or (opened_at, id) < ($7, $8::uuid))
order by opened_at desc, id desc limit $9
"""
_OF_OWNER = """
select c.* from desk_case c
join unnest($2::text[], $3::timestamptz[]) as p (machine, begins)
    on c.subject = p.machine and c.opened_at >= p.begins
where c.owner_id = $1 and (c.state = 'ended') = $4
  and ($5::timestamptz is null or (coalesce(c.ended_at, c.opened_at), c.id) < ($5, $6::uuid))
order by coalesce(c.ended_at, c.opened_at) desc, c.id desc limit $7
"""
_UNDER_WAY = "select state, count(*) as n from desk_case where state <> 'ended' group by state"
_ENDED = """
select outcome, count(*) as n from desk_case
where state = 'ended' and ended_at >= $1 group by outcome
"""
_RESOLVED = """
select id from desk_case
where state = 'ended' and ended_at >= $1 and outcome in ('verified', 'fulfilled')
order by ended_at desc limit $2
"""


async def find(tx: Transaction, wanted: CaseFilter) -> list[Case]:
    opened_at, last = wanted.after or (None, None)
    rows = await tx.fetch(
        _FIND,
        wanted.state.value if wanted.state else None,
        wanted.outcome.value if wanted.outcome else None,
        wanted.service,
        wanted.subject,
        wanted.owner_id,
        wanted.words or None,
        opened_at,
        last,
        wanted.most,
    )
    return [to_case(row) for row in rows]


async def of_owner(tx: Transaction, wanted: OwnedCases) -> list[Case]:
    at, last = wanted.after or (None, None)
    rows = await tx.fetch(
        _OF_OWNER,
        wanted.owner_id,
        list(wanted.since),
        list(wanted.since.values()),
        wanted.ended,
        at,
        last,
        wanted.most,
    )
    return [to_case(row) for row in rows]


async def under_way(tx: Transaction) -> dict[str, int]:
    return {row["state"]: row["n"] for row in await tx.fetch(_UNDER_WAY)}


async def ended(tx: Transaction, since: datetime) -> dict[str, int]:
    return {row["outcome"]: row["n"] for row in await tx.fetch(_ENDED, since)}


async def resolved(tx: Transaction, since: datetime, most: int) -> list[UUID]:
    return [row["id"] for row in await tx.fetch(_RESOLVED, since, most)]
