"""Finding and counting cases."""

from datetime import datetime
from uuid import UUID

from thingdesk.cases.model import Case, CaseFilter, OwnedCases, PartyCases
from thingdesk.cases.store import to_case
from thingdesk.platform.database import Transaction
from thingdesk.platform.where import Where
from thingdesk.platform.words import beginnings

_WORDS = "words_of(title || ' ' || subject || ' ' || reporter || ' ' || input::text)"
_FIND = "select * from desk_case where {} order by opened_at desc, id desc limit $1"
# all that fit are found first, by the index of words: a plan for the first page alone would rather
# look through the cases one by one
_FIND_WORDS = """
with fitting as materialized (select id, opened_at from desk_case where {}),
    page as (select id from fitting order by opened_at desc, id desc limit $1)
select c.* from page join desk_case c using (id) order by c.opened_at desc, c.id desc
"""
_OF_OWNER = """
select c.* from desk_case c
where c.owner_id = $1 and (c.state = 'ended') = $4
  and ($4 or exists (
    select from unnest($2::text[], $3::timestamptz[]) as p (machine, begins)
    where c.subject = p.machine and c.opened_at >= p.begins
  ))
  and ($5::timestamptz is null or (coalesce(c.ended_at, c.opened_at), c.id) < ($5, $6::uuid))
order by coalesce(c.ended_at, c.opened_at) desc, c.id desc limit $7
"""
_OF_NOW = """exists (
    select from unnest({}::text[], {}::timestamptz[]) as p (machine, begins)
    where desk_case.subject = p.machine and desk_case.opened_at >= p.begins
)"""
_JOINED = """exists (
    select from case_reporter r where r.case_id = desk_case.id and r.machine = {}
)"""
_UNDER_WAY = "select state, count(*) as n from desk_case where state <> 'ended' group by state"
_ENDED = """
select outcome, count(*) as n from desk_case
where state = 'ended' and ended_at >= $1 group by outcome
"""
_VERIFIED = """
select id from desk_case
where state = 'ended' and ended_at >= $1 and outcome = 'verified'
order by ended_at desc limit $2
"""


async def find(tx: Transaction, wanted: CaseFilter) -> list[Case]:
    where = (
        Where(wanted.most)
        .also("state = {}", wanted.state)
        .also("outcome = {}", wanted.outcome)
        .also("service = {}", wanted.service)
        .also("subject = {}", wanted.subject)
        .also("owner_id = {}", wanted.owner_id)
        .also("(opened_at, id) < ({}, {})", *(wanted.after or (None, None)))
    )
    if wanted.words:
        where.also(f"{_WORDS} @@ {{}}::text::tsquery", await beginnings(tx, wanted.words))
    sql = _FIND_WORDS if wanted.words else _FIND
    return [to_case(row) for row in await tx.fetch(sql.format(where), *where.values)]


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


async def of_party(tx: Transaction, wanted: PartyCases) -> list[Case]:
    party = wanted.party
    where = (
        Where(wanted.most)
        .also("state = {}", wanted.state)
        .also("subject = {}", wanted.subject)
        .also("(opened_at, id) < ({}, {})", *(wanted.after or (None, None)))
    )
    if party.owner_id is None:
        where.also("owner_id is null and subject = {}", party.machine)
    else:
        machine, since = party.machine, party.since
        where.also("owner_id = {}", party.owner_id)
        where.also(_OF_NOW, list(since), list(since.values()))
        if party.services is None:
            where.also(f"({{}} in (subject, reporter) or {_JOINED})", machine, machine)
        else:
            where.also("service = any({})", list(party.services))
    return [to_case(row) for row in await tx.fetch(_FIND.format(where), *where.values)]


async def under_way(tx: Transaction) -> dict[str, int]:
    return {row["state"]: row["n"] for row in await tx.fetch(_UNDER_WAY)}


async def ended(tx: Transaction, since: datetime) -> dict[str, int]:
    return {row["outcome"]: row["n"] for row in await tx.fetch(_ENDED, since)}


async def verified(tx: Transaction, since: datetime, most: int) -> list[UUID]:
    return [row["id"] for row in await tx.fetch(_VERIFIED, since, most)]
