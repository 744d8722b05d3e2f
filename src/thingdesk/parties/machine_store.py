from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from thingdesk.parties.model import (
    NOTED_EVERY,
    NOTED_PART,
    Machine,
    MachineFilter,
    NewMachine,
    Position,
    Sighting,
)
from thingdesk.platform.database import Row, Transaction, json
from thingdesk.platform.where import Where
from thingdesk.platform.words import beginnings

_REGISTERING = 7_413_302_119
_SELECT = """
select m.id, m.kind, m.model, m.serial, m.attributes, m.expected_interval, m.lat, m.lon,
       m.position_at, m.last_seen, m.last_said, m.registered_at, m.recorded
from machine m
"""
_PUT = """
insert into machine as m
    (id, kind, model, serial, attributes, expected_interval, lat, lon, recorded, registered_at)
select t.id, t.kind, t.model, t.serial, t.attributes::jsonb, t.expected_interval, t.lat, t.lon,
       t.recorded, $10
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::interval[],
            $7::float8[], $8::float8[], $9::boolean[])
    as t (id, kind, model, serial, attributes, expected_interval, lat, lon, recorded)
order by t.id
on conflict (id) do update
set kind = excluded.kind, model = excluded.model, serial = excluded.serial,
    attributes = excluded.attributes, expected_interval = excluded.expected_interval,
    recorded = excluded.recorded,
    lat = case when m.position_at is null then coalesce(excluded.lat, m.lat) else m.lat end,
    lon = case when m.position_at is null then coalesce(excluded.lon, m.lon) else m.lon end
where (m.kind, m.model, m.serial, m.attributes, m.expected_interval, m.recorded)
          is distinct from (excluded.kind, excluded.model, excluded.serial,
                            excluded.attributes, excluded.expected_interval, excluded.recorded)
   or (m.position_at is null and excluded.lat is not null
       and (m.lat, m.lon) is distinct from (excluded.lat, excluded.lon))
returning m.id, m.registered_at = $10 and xmax = 0 as new
"""
_SERIALS = """
select m.id, m.model, m.serial from machine m
join unnest($1::text[], $2::text[]) as t (model, serial)
    on m.model = t.model and m.serial = t.serial
"""
# silence is found by whole intervals, and a row is not written for every signal
_SEEN = """
with heard as (
    select * from unnest($1::text[], $2::timestamptz[], $3::float8[], $4::float8[],
                         $5::timestamptz[])
        as t (id, at, lat, lon, position_at)
), locked as materialized (
    select m.id from machine m join heard h using (id)
    where h.position_at > coalesce(m.position_at, '-infinity')
       or h.at > coalesce(m.last_seen + least($6, m.expected_interval / $7::integer), '-infinity')
    order by m.id for no key update of m
)
update machine m
set last_seen = greatest(m.last_seen, h.at),
    lat = case when h.position_at >= coalesce(m.position_at, '-infinity') then h.lat
               else m.lat end,
    lon = case when h.position_at >= coalesce(m.position_at, '-infinity') then h.lon
               else m.lon end,
    position_at = greatest(m.position_at, h.position_at)
from heard h join locked using (id)
where m.id = h.id
  and (h.at > coalesce(m.last_seen, '-infinity')
       or h.position_at > coalesce(m.position_at, '-infinity'))
"""
# who is at work on a machine's row will be done at once, and the next word comes soon
_SAID = """
with heard as materialized (
    select id from machine where id = any($1) and coalesce(last_said, '-infinity') < $3
    for no key update skip locked
)
update machine m set last_said = $2 from heard h where m.id = h.id
"""
_OVERDUE = """
where m.id > $3 {upto} and m.expected_interval > interval '0'
  and coalesce(m.last_seen, m.registered_at) + m.expected_interval * $2::integer < $1
order by m.id limit $4
"""
_PAGE_ENDS = "select id from machine where id > $1 order by id offset $2 limit 1"
_FIND = "where {} order by m.id limit $1"
# all that fit are found first, by the index of words: a plan for the first page alone would rather
# look through the machines one by one
_FITTING = "with fitting as materialized (select m.id from machine m where {})"
_PAGE = "where m.id in (select id from fitting order by id limit $1) order by m.id"
_FIND_WORDS = _FITTING + _SELECT + _PAGE
_OWNED = "m.id in (select o.machine from ownership o where o.owner_id = {} and o.ends is null)"
_WORDS = "words_of(id || ' ' || model || ' ' || coalesce(serial, ''))"
_HEARD = (
    "select count(*) as registered,"
    " count(*) filter (where greatest(last_seen, last_said) >= $1) as heard from machine"
)


def _machine(row: Row) -> Machine:
    lat, lon = row["lat"], row["lon"]
    return Machine(
        id=row["id"],
        kind=row["kind"],
        model=row["model"],
        serial=row["serial"],
        attributes=row["attributes"],
        expected_interval=row["expected_interval"],
        position=Position(lat, lon) if lat is not None else None,
        position_at=row["position_at"],
        last_signal=row["last_seen"],
        last_said=row["last_said"],
        registered_at=row["registered_at"],
        recorded=row["recorded"],
    )


async def kinds(tx: Transaction, machines: Sequence[str]) -> dict[str, str]:
    rows = await tx.fetch("select id, kind from machine where id = any($1)", list(machines))
    return {row["id"]: row["kind"] for row in rows}


async def lock(tx: Transaction, machines: Sequence[str]) -> dict[str, str]:
    """Those that there are, with their kinds, kept from others until this transaction ends."""
    rows = await tx.fetch(
        "select id, kind from machine where id = any($1) order by id for no key update",
        list(machines),
    )
    return {row["id"]: row["kind"] for row in rows}


async def lock_registration(tx: Transaction) -> None:
    await tx.execute("select pg_advisory_xact_lock($1)", _REGISTERING)


async def put(tx: Transaction, machines: Sequence[NewMachine], at: datetime) -> dict[str, bool]:
    """Writes what is new or differs; whether it is new, by id."""
    rows = await tx.fetch(
        _PUT,
        [one.id for one in machines],
        [one.kind for one in machines],
        [one.model for one in machines],
        [one.serial for one in machines],
        [json(dict(one.attributes)) for one in machines],
        [one.expected_interval for one in machines],
        [one.position.lat if one.position else None for one in machines],
        [one.position.lon if one.position else None for one in machines],
        [one.recorded for one in machines],
        at,
    )
    return {row["id"]: row["new"] for row in rows}


async def serials(tx: Transaction, wanted: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Which machine has a (model, serial)."""
    rows = await tx.fetch(_SERIALS, [model for model, _ in wanted], [one for _, one in wanted])
    return {(row["model"], row["serial"]): row["id"] for row in rows}


async def get_many(tx: Transaction, machines: Sequence[str]) -> dict[str, Machine]:
    rows = await tx.fetch(_SELECT + "where m.id = any($1)", list(machines))
    return {row["id"]: _machine(row) for row in rows}


async def page_ends(tx: Transaction, after: str, most: int) -> str | None:
    last: str | None = await tx.fetchval(_PAGE_ENDS, after, most - 1)
    return last


async def overdue(
    tx: Transaction, now: datetime, times: int, after: str, last: str | None, most: int
) -> list[Machine]:
    upto = () if last is None else (last,)
    sql = _SELECT + _OVERDUE.format(upto="and m.id <= $5" if upto else "")
    rows = await tx.fetch(sql, now, times, after, most, *upto)
    return [_machine(row) for row in rows]


async def find(tx: Transaction, wanted: MachineFilter) -> list[Machine]:
    where = (
        Where(wanted.most)
        .also("m.id > {}", wanted.after or None)
        .also("m.kind = {}", wanted.kind)
        .also("m.model = {}", wanted.model)
        .also(_OWNED, wanted.owner_id)
    )
    if wanted.words:
        where.also(f"{_WORDS} @@ {{}}::text::tsquery", await beginnings(tx, wanted.words))
    sql = _FIND_WORDS if wanted.words else _SELECT + _FIND
    return [_machine(row) for row in await tx.fetch(sql.format(where), *where.values)]


async def seen(
    tx: Transaction,
    sightings: Mapping[str, tuple[datetime, Sighting | None]],
) -> None:
    """Per machine: when it was last heard, and the sighting with its latest position. What was
    noted of it less than NOTED_EVERY, or a NOTED_PART of its interval, before stays.
    """
    columns: tuple[list[Any], ...] = ([], [], [], [], [])
    for machine, (at, placed) in sightings.items():
        position = placed.position if placed else None
        values = (
            machine,
            at,
            position.lat if position else None,
            position.lon if position else None,
            placed.at if placed else None,
        )
        for column, value in zip(columns, values, strict=True):
            column.append(value)
    await tx.execute(_SEEN, *columns, NOTED_EVERY, NOTED_PART)


async def said(tx: Transaction, machines: Sequence[str], at: datetime, unless: datetime) -> None:
    await tx.execute(_SAID, list(machines), at, unless)


async def heard(tx: Transaction, since: datetime) -> tuple[int, int]:
    row = await tx.fetchrow(_HEARD, since)
    return (row["registered"], row["heard"]) if row else (0, 0)
