from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from thingdesk.platform.database import Row, Transaction, json
from thingdesk.platform.kept import Kept
from thingdesk.signals.model import METRICS_KEPT, Cursor, Signal, Stored

_KNOW = """
insert into signal_event (machine, event_id, hash, received_at)
select *, $4::timestamptz from unnest($1::text[], $2::text[], $3::bytea[])
on conflict do nothing returning machine, event_id
"""
_KNOWN = """
select machine, event_id, hash from signal_event
where (machine, event_id) in (select * from unnest($1::text[], $2::text[]))
"""
# bytes, compressed; to count is dear, and only names that are made for it take less: some tens more
_SURELY_FEW = 2 * METRICS_KEPT
# A machine may name its metrics anew for ever; of one that has more than are kept, those that it
# named last stay.
_LATEST = f"""
insert into signal_latest as l (machine, at, received_at, "values", codes, lat, lon)
select machine, at, received_at, v::jsonb,
       case when codes = '' then '{{}}' else string_to_array(codes, E'\\n') end, lat, lon
from unnest($1::text[], $2::timestamptz[], $3::timestamptz[], $4::text[], $5::text[],
            $6::double precision[], $7::double precision[])
    as t (machine, at, received_at, v, codes, lat, lon)
on conflict (machine) do update
set at = excluded.at, received_at = excluded.received_at,
    "values" = case when pg_column_size(l."values") < {_SURELY_FEW}
                      or (select count(*) from jsonb_object_keys(l."values")) <= {METRICS_KEPT}
                    then l."values" || excluded."values" else excluded."values" end,
    codes = coalesce(excluded.codes, l.codes),
    lat = coalesce(excluded.lat, l.lat), lon = coalesce(excluded.lon, l.lon)
where l.at <= excluded.at
"""  # noqa: S608 - of a constant
KEPT = (
    Kept("signal_event", "received_at", timedelta(days=8)),
    Kept("intake_span", "until", timedelta(days=8)),
)
"""What a repeated event is known by, for as long as machines repeat; when our intake was up."""
_LOCK_TIMEOUT_MS = 2_000
_PARTITIONS_LOCK = 7_413_302_121
_COLUMNS = (
    "shard",
    "machine",
    "event_id",
    "at",
    "trusted",
    "received_at",
    "values",
    "codes",
    "lat",
    "lon",
)
_AFTER = """
select s.* from unnest($1::smallint[], $2::bigint[], $3::bigint[], $5::timestamptz[])
    as c (shard, tx, id, received_from)
cross join lateral (
    select * from signal
    where signal.shard = c.shard and (signal.tx, signal.id) > (c.tx, c.id)
      and signal.received_at >= c.received_from
      and signal.tx < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
    order by signal.tx, signal.id limit $4) as s
"""
_NEWS = """
select c.shard from unnest($1::smallint[], $2::bigint[], $3::bigint[], $4::timestamptz[])
    as c (shard, tx, id, received_from)
where exists (
    select from signal
    where signal.shard = c.shard and (signal.tx, signal.id) > (c.tx, c.id)
      and signal.received_at >= c.received_from
      and signal.tx < pg_snapshot_xmin(pg_current_snapshot())::text::bigint)
"""
_UNREAD = """
select exists (
    select from unnest($1::smallint[], $2::bigint[], $3::bigint[], $4::timestamptz[])
        as c (shard, tx, id, received_from)
    join signal s on s.shard = c.shard and (s.tx, s.id) > (c.tx, c.id)
      and s.received_at >= c.received_from
    where s.machine = any($5))
"""
_HISTORY = """
select * from signal
where machine = $1 and at >= $2 and at <= $3 and ($4::text is null or "values" ? $4)
order by at desc, id desc limit $5
"""
_CURVE = """
select date_bin($5::interval, at, $3::timestamptz) as at,
       min(v) as low, max(v) as high, avg(v) as mean
from (select at, ("values" ->> $2)::double precision as v from signal
      where machine = $1 and at >= $3 and at <= $4 and "values" ? $2) as points
group by 1 order by 1
"""
_CAME = """
select count(distinct date_bin($4::interval, at, $2::timestamptz)) from signal
where machine = $1 and at >= $2 and at < $3
"""
_BEAT = """
with longer as (
    update intake_span set until = $2
    where worker = $1 and until between $2::timestamptz - $3::interval and $2 returning worker
)
insert into intake_span (worker, since, until)
select $1, $2, $2 where not exists (select from longer) on conflict do nothing
"""


async def know(tx: Transaction, signals: Sequence[Signal], now: datetime) -> set[tuple[str, str]]:
    """Note the ids of these signals; those that were not known come back."""
    ordered = sorted(signals, key=lambda one: (one.machine, one.event_id))
    rows = await tx.fetch(
        _KNOW,
        [one.machine for one in ordered],
        [one.event_id for one in ordered],
        [one.hash for one in ordered],
        now,
    )
    return {(row["machine"], row["event_id"]) for row in rows}


async def known(tx: Transaction, signals: Sequence[Signal]) -> dict[tuple[str, str], bytes]:
    rows = await tx.fetch(
        _KNOWN, [one.machine for one in signals], [one.event_id for one in signals]
    )
    return {(row["machine"], row["event_id"]): row["hash"] for row in rows}


async def copy(tx: Transaction, rows: Sequence[tuple[Any, ...]]) -> None:
    await tx.copy("signal", _COLUMNS, rows)


async def set_latest(tx: Transaction, rows: Sequence[Stored]) -> None:
    await tx.execute(
        _LATEST,
        [row.machine for row in rows],
        [row.at for row in rows],
        [row.received_at for row in rows],
        [json(row.values) for row in rows],
        [None if row.codes is None else "\n".join(row.codes) for row in rows],
        [row.lat for row in rows],
        [row.lon for row in rows],
    )


async def after(
    tx: Transaction, cursors: Sequence[Cursor], most: int
) -> list[tuple[Cursor, Stored]]:
    rows = await tx.fetch(
        _AFTER,
        [one.shard for one in cursors],
        [one.tx for one in cursors],
        [one.id for one in cursors],
        most,
        [one.received_from for one in cursors],
    )
    return [
        (Cursor(row["shard"], row["tx"], row["id"], row["received_at"]), stored(row))
        for row in rows
    ]


async def with_news(tx: Transaction, cursors: Sequence[Cursor]) -> list[int]:
    """The shards in which something is committed beyond the cursor."""
    rows = await tx.fetch(
        _NEWS,
        [one.shard for one in cursors],
        [one.tx for one in cursors],
        [one.id for one in cursors],
        [one.received_from for one in cursors],
    )
    return [row["shard"] for row in rows]


async def unread(tx: Transaction, cursors: Sequence[Cursor], machines: Sequence[str]) -> bool:
    """Whether any of these machines has a committed signal beyond the cursor of its shard."""
    found: bool = await tx.fetchval(
        _UNREAD,
        [one.shard for one in cursors],
        [one.tx for one in cursors],
        [one.id for one in cursors],
        [one.received_from for one in cursors],
        list(machines),
    )
    return found


async def latest(tx: Transaction, machine: str) -> Stored | None:
    row = await tx.fetchrow(
        "select *, '' as event_id, true as trusted from signal_latest where machine = $1", machine
    )
    return stored(row) if row else None


async def history(
    tx: Transaction,
    machine: str,
    since: datetime,
    until: datetime,
    metric: str | None,
    most: int,
) -> list[Stored]:
    rows = await tx.fetch(_HISTORY, machine, since, until, metric, most)
    return [stored(row) for row in reversed(rows)]


async def curve(
    tx: Transaction, machine: str, metric: str, since: datetime, until: datetime, step: timedelta
) -> list[tuple[datetime, float, float, float]]:
    rows = await tx.fetch(_CURVE, machine, metric, since, until, step)
    return [(row["at"], row["low"], row["high"], row["mean"]) for row in rows]


async def came(
    tx: Transaction, machine: str, since: datetime, until: datetime, interval: timedelta
) -> int:
    count: int = await tx.fetchval(_CAME, machine, since, until, interval)
    return count


async def beat(tx: Transaction, worker: UUID, now: datetime, apart: timedelta) -> None:
    await tx.execute(_BEAT, worker, now, apart)


async def spans(tx: Transaction, since: datetime) -> list[tuple[datetime, datetime]]:
    rows = await tx.fetch("select since, until from intake_span where until >= $1", since)
    return [(row["since"], row["until"]) for row in rows]


def outside(lasts: timedelta) -> Kept:
    """Signals that came in while their day had no partition."""
    return Kept("signal_other", "received_at", lasts)


async def lock_partitions(tx: Transaction) -> None:
    """Processes that start at the same time make the same partitions. Whoever comes after us to
    the signals waits for us while we wait for them: not for long.
    """
    await tx.execute(f"set local lock_timeout = {_LOCK_TIMEOUT_MS}")
    await tx.execute("select pg_advisory_xact_lock($1)", _PARTITIONS_LOCK)


async def partitions(tx: Transaction) -> dict[str, date]:
    rows = await tx.fetch(
        "select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid"
        " where i.inhparent = 'signal'::regclass and c.relname ~ '^signal_[0-9]{8}$'"
    )
    return {row["name"]: date.fromisoformat(row["name"].removeprefix("signal_")) for row in rows}


async def add_partition(tx: Transaction, day: date) -> None:
    """What came in before its day had a partition is moved into it, as it is."""
    # the names of partitions and their bounds cannot be parameters; a date holds digits only
    begins, ends = f"{day.isoformat()} 00:00+00", f"{day + timedelta(days=1)} 00:00+00"
    await tx.execute("lock table signal_other in share row exclusive mode")
    moved = await tx.execute(
        "create temp table moved on commit drop as select * from signal_other"  # noqa: S608 - a date
        f" where received_at >= '{begins}' and received_at < '{ends}'"
    )
    if moved != "SELECT 0":
        await tx.execute("delete from signal_other s using moved m where s.id = m.id")
    await tx.execute(
        f"create table signal_{day:%Y%m%d} partition of signal"
        f" for values from ('{begins}') to ('{ends}')"
    )
    if moved != "SELECT 0":
        await tx.execute("insert into signal overriding system value select * from moved")
    await tx.execute("drop table moved")


async def drop_partition(tx: Transaction, day: date) -> None:
    await tx.execute(f"drop table signal_{day:%Y%m%d}")


def stored(row: Row) -> Stored:
    return Stored(
        row["machine"],
        row["event_id"],
        row["at"],
        row["trusted"],
        row["received_at"],
        row["values"],
        None if row["codes"] is None else tuple(row["codes"]),
        row["lat"],
        row["lon"],
    )
