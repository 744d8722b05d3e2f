from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from thingdesk.journeys.model import Entry
from thingdesk.platform.database import Transaction, json
from thingdesk.platform.kept import Kept

_START = """
insert into journey (id, case_id, service, version, started_at)
select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[])
"""
_WRITE = """
insert into effect (id, journey_id, step, case_id, name, details, minor, currency, answer, code,
                    reason, payer, state, result, epoch, at)
select id, journey_id, step, case_id, name, details::jsonb, minor, currency, answer, code,
       reason, payer, state, result::jsonb, epoch, at
from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::uuid[], $5::text[], $6::text[],
            $7::bigint[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[],
            $13::text[], $14::text[], $15::bigint[], $16::timestamptz[])
    as t (id, journey_id, step, case_id, name, details, minor, currency, answer, code, reason,
          payer, state, result, epoch, at)
-- one that was asked for and is approved now
on conflict (id) do update
set answer = excluded.answer, code = excluded.code, reason = excluded.reason,
    payer = excluded.payer, state = excluded.state, result = excluded.result,
    epoch = excluded.epoch, at = excluded.at
"""
_END = """
update journey j set ended_at = t.at
from unnest($1::uuid[], $2::timestamptz[]) as t (id, at) where j.id = t.id
"""

QUIET = timedelta(hours=1)
"""What was told is told again after this at the earliest."""
KEPT = (Kept("journey_told", "at", QUIET),)
_NEWS = """
insert into journey_told (name, at) values ($1, $2)
on conflict (name) do update set at = excluded.at where journey_told.at <= $3
returning name
"""
_SAY_AGAIN = """
update journey set said_again_at = $2 where id = any($1) and said_again_at is null returning id
"""


def start(tx: Transaction, row: tuple[UUID, UUID, str, str, datetime]) -> None:
    tx.defer(_START, row)


def write(tx: Transaction, one: Entry) -> None:
    tx.defer(
        _WRITE,
        (
            one.id,
            one.journey_id,
            one.step,
            one.case_id,
            one.name,
            json(one.details),
            one.minor,
            one.currency,
            one.answer,
            one.code,
            one.reason,
            one.payer,
            one.state,
            json(one.result),
            one.epoch,
            one.at,
        ),
    )


async def set_state(tx: Transaction, effect_id: UUID, state: str) -> None:
    sql = "update effect set state = $2 where id = $1"
    if await tx.execute(sql, effect_id, state) == "UPDATE 0":
        await tx.flush()  # the row is among those that this transaction has gathered
        await tx.execute(sql, effect_id, state)


def end(tx: Transaction, journey_id: UUID, now: datetime) -> None:
    tx.defer(_END, (journey_id, now))


async def of_case(
    tx: Transaction, case_id: UUID, most: int = 100
) -> list[tuple[UUID, str, str, datetime, Any]]:
    """Those of a case that have not ended, and the newest others, the oldest of them first."""
    rows = await tx.fetch(
        "select * from (select id, service, version, started_at, ended_at from journey"
        " where case_id = $1 order by ended_at is null desc, started_at desc limit $2) newest"
        " order by started_at",
        case_id,
        most,
    )
    return [(r["id"], r["service"], r["version"], r["started_at"], r["ended_at"]) for r in rows]


async def running(tx: Transaction, case_ids: Sequence[UUID]) -> list[UUID]:
    """The journeys of these cases that have not ended."""
    rows = await tx.fetch(
        "select id from journey where case_id = any($1) and ended_at is null", list(case_ids)
    )
    return [row["id"] for row in rows]


async def named(tx: Transaction, journey_ids: Sequence[UUID]) -> list[tuple[UUID, UUID, str, str]]:
    rows = await tx.fetch(
        "select id, case_id, service, version from journey where id = any($1) order by id",
        list(journey_ids),
    )
    return [(row["id"], row["case_id"], row["service"], row["version"]) for row in rows]


async def is_news(tx: Transaction, name: str, now: datetime, quiet: timedelta) -> bool:
    """Whether nobody was told of `name` for so long."""
    return await tx.fetchval(_NEWS, name, now, now - quiet) is not None


async def say_again(tx: Transaction, journey_ids: Sequence[UUID], now: datetime) -> list[UUID]:
    """Those of which it was not said yet."""
    rows = await tx.fetch(_SAY_AGAIN, list(journey_ids), now) if journey_ids else []
    return [row["id"] for row in rows]


async def hear_again(tx: Transaction, journey_ids: Sequence[UUID]) -> None:
    await tx.execute(
        "update journey set said_again_at = null where id = any($1)", list(journey_ids)
    )


async def standing(tx: Transaction, journey_ids: Sequence[UUID]) -> list[Entry]:
    """What these journeys have done and not taken back, the last first."""
    rows = await tx.fetch(
        "select * from effect where journey_id = any($1) and state = 'done'"
        " order by at desc, step desc",
        list(journey_ids),
    )
    return [Entry(**dict(row)) for row in rows]


async def effects_of(tx: Transaction, case_id: UUID, most: int = 100) -> Sequence[Entry]:
    """The newest effects of a case, the oldest of them first."""
    rows = await tx.fetch(
        "select * from (select * from effect where case_id = $1 order by at desc, step desc"
        " limit $2) newest order by at, step",
        case_id,
        most,
    )
    return [Entry(**dict(row)) for row in rows]


async def paid(tx: Transaction, case_ids: Sequence[UUID]) -> list[tuple[UUID, str, str, int]]:
    """What the effects of these cases that stay cost: the case, who pays, currency, minor units."""
    rows = await tx.fetch(
        "select case_id, payer, currency, sum(minor)::bigint as minor from effect"
        " where case_id = any($1) and state = 'done' and minor > 0 and payer is not null"
        " group by case_id, payer, currency order by payer desc, currency",
        list(case_ids),
    )
    return [(row["case_id"], row["payer"], row["currency"], row["minor"]) for row in rows]


async def ended(tx: Transaction, case_ids: Sequence[UUID]) -> list[UUID]:
    """The journeys of these cases that have ended."""
    rows = await tx.fetch(
        "select id from journey where case_id = any($1) and ended_at is not null", list(case_ids)
    )
    return [row["id"] for row in rows]


async def erase(tx: Transaction, case_ids: Sequence[UUID]) -> None:
    await tx.execute(
        "update effect set details = '{}', result = null where case_id = any($1)", list(case_ids)
    )
