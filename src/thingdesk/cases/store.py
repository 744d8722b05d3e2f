"""The rows of cases and problems."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from thingdesk.cases.model import Case, Known, Opening, Outcome, State
from thingdesk.platform.database import Row, Transaction, columns, json

_LOCK_PROBLEMS = """
insert into problem (subject, key, service, identity, reports)
select subject, key, service, identity::jsonb, reports
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::integer[])
    as t (subject, key, service, identity, reports)
on conflict (subject, key) do update set reports = problem.reports + excluded.reports
returning subject, key, coalesce(current_case, last_case) as case_id,
    (select row(count(*) filter (where not c.safety), count(*) filter (where c.safety)) from (
        select safety from desk_case
        where subject = problem.subject and state <> 'ended'
        union all
        select safety from desk_case
        where subject = problem.subject and opened_at > $6
          and outcome = 'refused' and origin = 'report'
     ) c) as open
"""
_INSERT = """
insert into desk_case (id, subject, key, owner_id, service, version, title, input, origin,
                       reporter, safety, evidence, reports, opened_at, began_at)
select id, subject, key, owner_id, service, version, title, input::jsonb, origin,
       reporter, safety, evidence::jsonb, reports, opened_at, began_at
from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[],
            $8::text[], $9::text[], $10::text[], $11::boolean[], $12::text[], $13::integer[],
            $14::timestamptz[], $15::timestamptz[])
    as t (id, subject, key, owner_id, service, version, title, input, origin, reporter, safety,
          evidence, reports, opened_at, began_at)
"""
_POINT = """
update problem p set current_case = t.id, last_case = t.id
from unnest($1::text[], $2::text[], $3::uuid[]) as t (subject, key, id)
where p.subject = t.subject and p.key = t.key
"""
_JOIN = """
update desk_case c set reports = c.reports + t.more,
    evidence = coalesce(c.evidence, t.evidence::jsonb)
from unnest($1::uuid[], $2::integer[], $3::text[]) as t (id, more, evidence) where c.id = t.id
returning c.id, c.reports
"""
_REOPEN = """
update desk_case c
set state = 'open', outcome = null, outcome_data = null, outcome_words = null, ended_at = null,
    relapse_until = null, reopened = c.reopened + 1, reports = c.reports + t.more,
    owner_id = t.owner_id, evidence = t.evidence::jsonb
from unnest($1::uuid[], $2::integer[], $3::uuid[], $4::text[]) as t (id, more, owner_id, evidence)
where c.id = t.id
"""
_END = """
update desk_case set state = 'ended', outcome = $2, outcome_words = $3, outcome_data = $4,
    ended_at = $5, relapse_until = $6
where id = $1
"""
# of the same owner, since the last time that it came to anything else
_REFUSED_IN_A_ROW = """
select t.id, (
    select count(*) from desk_case c
    where c.subject = t.subject and c.key = t.key and c.owner_id is not distinct from t.owner_id
      and c.outcome = 'refused' and c.origin = 'report' and c.opened_at > coalesce((
          select max(o.opened_at) from desk_case o
          where o.subject = t.subject and o.key = t.key and o.opened_at < t.opened_at
            and o.outcome is distinct from 'refused'), '-infinity')
) as n
from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::timestamptz[])
    as t (id, subject, key, owner_id, opened_at)
"""
_UNFINISHED = "select id from desk_case where subject = any($1) and state = 'open'"
_GET = "select * from desk_case where id = $1"
# the problem's row first, as whoever opens or joins a case does
_LOCK = """
with held as materialized (
    select p.subject, p.key from problem p join desk_case c using (subject, key)
    where c.id = $1 for update of p
)
select c.* from held join desk_case c using (subject, key) where c.id = $1 for update of c
"""
_FORGET = """
update problem set current_case = null where subject = $1 and key = $2 and current_case = $3
"""


def to_case(row: Row) -> Case:
    values = dict(row)
    values["state"] = State(row["state"])
    values["outcome"] = Outcome(row["outcome"]) if row["outcome"] else None
    return Case(**values)


async def lock_problems(
    tx: Transaction, openings: Sequence[tuple[Opening, int]], refused_since: datetime
) -> dict[tuple[str, str], Known]:
    rows = await tx.fetch(
        _LOCK_PROBLEMS,
        [one.subject for one, _ in openings],
        [one.key for one, _ in openings],
        [one.service for one, _ in openings],
        [json(one.identity) for one, _ in openings],
        [count for _, count in openings],
        refused_since,
    )
    return {(r["subject"], r["key"]): Known(r["case_id"], *r["open"]) for r in rows}


async def forget_problems(tx: Transaction, keys: Sequence[tuple[str, str]]) -> None:
    """Let go of those of these problems that never had a case. The caller holds their rows."""
    await tx.execute(
        "delete from problem where last_case is null"
        " and (subject, key) in (select * from unnest($1::text[], $2::text[]))",
        [subject for subject, _ in keys],
        [key for _, key in keys],
    )


async def refused_in_a_row(tx: Transaction, refused: Sequence[Case]) -> dict[UUID, int]:
    """The how manieth in a row each of these refusals is."""
    rows = await tx.fetch(
        _REFUSED_IN_A_ROW,
        [one.id for one in refused],
        [one.subject for one in refused],
        [one.key for one in refused],
        [one.owner_id for one in refused],
        [one.opened_at for one in refused],
    )
    return {row["id"]: max(1, row["n"]) for row in rows}


async def insert(tx: Transaction, rows: Sequence[tuple[UUID, Opening, int]], now: datetime) -> None:
    await tx.execute(
        _INSERT,
        [case_id for case_id, _, _ in rows],
        [one.subject for _, one, _ in rows],
        [one.key for _, one, _ in rows],
        [one.owner_id for _, one, _ in rows],
        [one.service for _, one, _ in rows],
        [one.version for _, one, _ in rows],
        [one.title for _, one, _ in rows],
        [json(one.input) for _, one, _ in rows],
        [one.origin for _, one, _ in rows],
        [one.reporter for _, one, _ in rows],
        [one.safety for _, one, _ in rows],
        [None if one.evidence is None else json(one.evidence) for _, one, _ in rows],
        [count for _, _, count in rows],
        [now] * len(rows),
        [one.at for _, one, _ in rows],
    )
    await point(tx, [(one.subject, one.key, case_id) for case_id, one, _ in rows])


async def keep_back(tx: Transaction, subject: str, key: str, data: dict[str, Any]) -> None:
    """Keep what is to be opened after the current case, unless something is kept already."""
    await tx.execute(
        "update problem set came_back = $3 where subject = $1 and key = $2 and came_back is null",
        subject,
        key,
        data,
    )


async def take_back(tx: Transaction, subject: str, key: str) -> dict[str, Any] | None:
    """What was kept, once. The caller holds the problem's row."""
    data: dict[str, Any] | None = await tx.fetchval(
        "select came_back from problem where subject = $1 and key = $2", subject, key
    )
    if data is not None:
        await tx.execute(
            "update problem set came_back = null where subject = $1 and key = $2", subject, key
        )
    return data


async def point(tx: Transaction, rows: Sequence[tuple[str, str, UUID]]) -> None:
    await tx.execute(_POINT, *columns(rows))


async def join(
    tx: Transaction, rows: Sequence[tuple[UUID, int, dict[str, Any] | None]]
) -> dict[UUID, int]:
    """How many reports each of these cases has, with those that join it; `rows` have what was found
    beside what was reported.
    """
    found = [(one, more, None if seen is None else json(seen)) for one, more, seen in rows]
    return {row["id"]: row["reports"] for row in await tx.fetch(_JOIN, *columns(found))}


async def reopen(tx: Transaction, rows: Sequence[tuple[UUID, Opening, int]]) -> None:
    await tx.execute(
        _REOPEN,
        [case_id for case_id, _, _ in rows],
        [count for _, _, count in rows],
        [one.owner_id for _, one, _ in rows],
        [None if one.evidence is None else json(one.evidence) for _, one, _ in rows],
    )
    await point(tx, [(one.subject, one.key, case_id) for case_id, one, _ in rows])


async def get(tx: Transaction, case_id: UUID, *, lock: bool = False) -> Case | None:
    row = await tx.fetchrow(_LOCK if lock else _GET, case_id)
    return to_case(row) if row else None


async def get_many(tx: Transaction, case_ids: Sequence[UUID]) -> dict[UUID, Case]:
    rows = await tx.fetch("select * from desk_case where id = any($1)", list(case_ids))
    return {row["id"]: to_case(row) for row in rows}


async def unfinished(tx: Transaction, subjects: Sequence[str]) -> set[UUID]:
    """The cases of these subjects in which there is work to do: no end yet, no proof awaited."""
    return {row["id"] for row in await tx.fetch(_UNFINISHED, list(subjects))}


async def last_of(
    tx: Transaction, problems: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], Case]:
    """The newest case of each of these (subject, key) that ever had one."""
    rows = await tx.fetch(
        "select c.* from problem p join desk_case c on c.id = coalesce(p.current_case, p.last_case)"
        " where (p.subject, p.key) in (select * from unnest($1::text[], $2::text[]))",
        [subject for subject, _ in problems],
        [key for _, key in problems],
    )
    return {(row["subject"], row["key"]): to_case(row) for row in rows}


async def identities(
    tx: Transaction, problems: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], dict[str, Any]]:
    """The identity of each of these (subject, key)."""
    rows = await tx.fetch(
        "select subject, key, identity from problem"
        " where (subject, key) in (select * from unnest($1::text[], $2::text[]))",
        [subject for subject, _ in problems],
        [key for _, key in problems],
    )
    return {(row["subject"], row["key"]): row["identity"] for row in rows}


async def not_of(tx: Transaction, subject: str, owner_id: UUID | None) -> list[UUID]:
    """The subject's cases that are not ended and not this owner's."""
    rows = await tx.fetch(
        "select id from desk_case"
        " where subject = $1 and state <> 'ended' and owner_id is distinct from $2 order by id",
        subject,
        owner_id,
    )
    return [row["id"] for row in rows]


async def set_state(tx: Transaction, case_id: UUID, state: State) -> None:
    await tx.execute("update desk_case set state = $2 where id = $1", case_id, state.value)


async def end(
    tx: Transaction,
    case: Case,
    outcome: Outcome,
    words: str,
    data: dict[str, Any],
    now: datetime,
    relapse_until: datetime,
) -> None:
    await tx.execute(_END, case.id, outcome.value, words, data, now, relapse_until)
    await tx.execute(_FORGET, case.subject, case.key, case.id)
