from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from thingdesk.notices.model import Channel, Notice, Outgoing, Page, Recipient, State, To
from thingdesk.platform.database import Row, Transaction, columns, json
from thingdesk.platform.kept import Kept

_INSERT = """
insert into notice (id, channel, to_kind, to_id, kind, words, case_id, data,
                    page_purpose, page_subject, page_until, told_at, until, again_at)
select id, channel, to_kind, to_id, kind, words, case_id, data::jsonb,
       page_purpose, page_subject, page_until, told_at, until, again_at
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::uuid[],
            $8::text[], $9::text[], $10::uuid[], $11::timestamptz[], $12::timestamptz[],
            $13::timestamptz[], $14::timestamptz[])
    as t (id, channel, to_kind, to_id, kind, words, case_id, data,
          page_purpose, page_subject, page_until, told_at, until, again_at)
"""
_DUE = """
select * from notice where channel = $1 and again_at <= $2 and state = 'open'
order by again_at limit $3 for update skip locked
"""
_PLAN = """
update notice n set attempts = t.attempts, again_at = t.again_at
from unnest($1::uuid[], $2::integer[], $3::timestamptz[]) as t (id, attempts, again_at)
where n.id = t.id
"""
# What a row was before is needed to answer, so the rows are locked and read first: sorted, so that
# two batches with the same notices cannot wait for each other.
_ACKNOWLEDGE = """
with held as (
    select * from notice where id = any($3) order by id for update
), settled as (
    update notice n set state = 'acknowledged', settled_at = $4, reason = null
    from held h
    where n.id = h.id and h.state <> 'acknowledged'
      and (h.to_kind, h.to_id, h.id) in (select * from unnest($1::text[], $2::text[], $3::uuid[]))
    returning n.id
)
select h.*, s.id is not null as fresh from held h left join settled s using (id)
"""
_SETTLE = """
update notice n set state = t.state, settled_at = $4, reason = t.reason
from unnest($1::uuid[], $2::text[], $3::text[]) as t (id, state, reason)
where n.id = t.id
"""
_REWORD = """
with held as materialized (select id from notice where id = any($1) order by id for update)
update notice n set words = t.words, case_id = t.case_id, data = t.data::jsonb,
    page_purpose = t.page_purpose, page_subject = t.page_subject, page_until = t.page_until,
    until = coalesce(t.until, n.until)
from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::uuid[],
            $7::timestamptz[], $8::timestamptz[])
    as t (id, words, case_id, data, page_purpose, page_subject, page_until, until)
join held using (id)
where n.id = t.id and n.state = 'open' and (n.attempts = 0 or not $9) returning n.id
"""
_MEASURE = """
select channel, count(*) as n, least(min(again_at), $1) as since
from notice where state = 'open' group by channel
"""
KEPT = (Kept("notice", "settled_at", timedelta(days=120), most=1_000),)
"""Notices, from when they are settled; what they said stands on the timeline."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How an open notice ends."""

    outgoing: Outgoing
    state: State
    reason: str | None = None


def tell(tx: Transaction, outgoing: Outgoing) -> None:
    notice = outgoing.notice
    tx.defer(
        _INSERT,
        (
            outgoing.id,
            notice.channel.value,
            notice.to.kind.value,
            notice.to.id,
            notice.kind,
            notice.words,
            notice.case_id,
            json(notice.data),
            *_page(notice.page),
            outgoing.told_at,
            outgoing.until,
            outgoing.again_at,
        ),
    )


def _page(page: Page | None) -> tuple[str | None, UUID | None, datetime | None]:
    return (page.purpose, page.subject, page.until) if page else (None, None, None)


def _outgoing(row: Row) -> Outgoing:
    page = None
    if row["page_purpose"] is not None:
        page = Page(row["page_purpose"], row["page_subject"], row["page_until"])
    notice = Notice(
        to=Recipient(To(row["to_kind"]), row["to_id"]),
        kind=row["kind"],
        words=row["words"],
        case_id=row["case_id"],
        data=row["data"],
        page=page,
        until=row["until"],
    )
    return Outgoing(
        id=row["id"],
        notice=notice,
        told_at=row["told_at"],
        until=row["until"],
        attempts=row["attempts"],
        again_at=row["again_at"],
        state=State(row["state"]),
        settled_at=row["settled_at"],
        reason=row["reason"],
    )


async def lock_due(tx: Transaction, channel: Channel, now: datetime, most: int) -> list[Outgoing]:
    return [_outgoing(row) for row in await tx.fetch(_DUE, channel.value, now, most)]


async def plan(tx: Transaction, rows: Sequence[Outgoing]) -> None:
    await tx.execute(
        _PLAN, [r.id for r in rows], [r.attempts for r in rows], [r.again_at for r in rows]
    )


async def acknowledge(
    tx: Transaction, items: Sequence[tuple[Recipient, UUID]], at: datetime
) -> list[tuple[Outgoing, bool]]:
    """The notices that exist, as they were before, and whether this has settled them."""
    rows = await tx.fetch(
        _ACKNOWLEDGE,
        [to.kind.value for to, _ in items],
        [to.id for to, _ in items],
        [notice for _, notice in items],
        at,
    )
    return [(_outgoing(row), row["fresh"]) for row in rows]


async def lock_open(tx: Transaction, ids: Sequence[UUID]) -> list[Outgoing]:
    rows = await tx.fetch(
        "select * from notice where id = any($1) and state = 'open' order by id for update",
        list(ids),
    )
    return [_outgoing(row) for row in rows]


async def lock_open_to(tx: Transaction, to: Recipient) -> list[Outgoing]:
    rows = await tx.fetch(
        "select * from notice where to_kind = $1 and to_id = $2 and state = 'open'"
        " order by id for update",
        to.kind.value,
        to.id,
    )
    return [_outgoing(row) for row in rows]


async def settle(tx: Transaction, endings: Sequence[Ending], at: datetime) -> None:
    await tx.execute(
        _SETTLE,
        [e.outgoing.id for e in endings],
        [e.state.value for e in endings],
        [e.reason for e in endings],
        at,
    )


async def reword(tx: Transaction, new: Mapping[UUID, Notice], *, unsent: bool) -> set[UUID]:
    rows = [
        (notice, one.words, one.case_id, json(one.data), *_page(one.page), one.until)
        for notice, one in new.items()
    ]
    return {row["id"] for row in await tx.fetch(_REWORD, *columns(rows), unsent)}


async def get(tx: Transaction, notice: UUID) -> Outgoing | None:
    row = await tx.fetchrow("select * from notice where id = $1", notice)
    return _outgoing(row) if row else None


async def of_case(tx: Transaction, case_id: UUID, most: int) -> list[Outgoing]:
    rows = await tx.fetch(
        "select * from (select * from notice where case_id = $1 order by told_at desc, id desc"
        " limit $2) newest order by told_at, id",
        case_id,
        most,
    )
    return [_outgoing(row) for row in rows]


async def pending(tx: Transaction, to: Recipient, now: datetime, most: int) -> list[Outgoing]:
    rows = await tx.fetch(
        "select * from notice where to_kind = $1 and to_id = $2 and state = 'open'"
        " and until > $3 order by told_at, id limit $4",
        to.kind.value,
        to.id,
        now,
        most,
    )
    return [_outgoing(row) for row in rows]


async def measure(tx: Transaction, now: datetime) -> list[tuple[str, int, datetime]]:
    """Of each channel how many are open, and since when the oldest attempt is due."""
    rows = await tx.fetch(_MEASURE, now)
    return [(row["channel"], row["n"], row["since"]) for row in rows]


async def erased_since(tx: Transaction, channel: Channel, since: datetime) -> list[UUID]:
    rows = await tx.fetch(
        "select id from notice where channel = $1 and erased_at >= $2", channel.value, since
    )
    return [row["id"] for row in rows]


async def erase(tx: Transaction, to: Recipient, case_ids: Sequence[UUID], now: datetime) -> None:
    await tx.execute(
        "update notice set words = '(erased)', data = '{}', erased_at = $4"
        " where case_id = any($1) or (to_kind = $2 and to_id = $3)",
        list(case_ids),
        to.kind.value,
        to.id,
        now,
    )
