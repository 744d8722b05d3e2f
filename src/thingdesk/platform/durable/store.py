from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from thingdesk.platform import clock
from thingdesk.platform.database import Row as Record
from thingdesk.platform.database import Transaction, json
from thingdesk.platform.durable.model import Fenced, Row, Standing, State
from thingdesk.platform.kept import Kept

_START = """
insert into durable_run (id, code, input, priority, wake_at, started_at, progressed_at)
select id, code, input::jsonb, priority, at, at, at
from unnest($1::uuid[], $2::text[], $3::text[], $4::smallint[], $5::timestamptz[])
    as t (id, code, input, priority, at)
"""
# A message to a run that has ended will not be heard: unseen, it would be looked at for ever.
_SEND = """
insert into durable_message (run_id, key, value, seen)
select t.run_id, t.key, t.value::jsonb,
       exists (select from durable_run r where r.id = t.run_id and r.state = 'ended')
from unnest($1::uuid[], $2::text[], $3::text[]) as t (run_id, key, value)
on conflict do nothing
"""
_DUE = """
select id, code, input, journal, epoch, failures, told from durable_run
where wake_at <= $1 and code = any($2)
order by priority, wake_at limit $3 for update skip locked
"""
_TOLD = """
select id, code, input, journal, epoch, failures, told from durable_run
where id in (
    select m.run_id from durable_message m join durable_run r on r.id = m.run_id
    where not m.seen and r.state = 'active' and r.code = any($1) limit $3
  )
  and state = 'active' and code = any($1) and id <> all($2)
order by priority, id limit $3 for update skip locked
"""
_MESSAGES = """
update durable_message set seen = true where run_id = any($1) and not seen
returning run_id, key, value
"""
_SEEN = "select run_id, key, value from durable_message where run_id = any($1) and seen"
# A run that looks elsewhere goes on only when something was found.
_SAVE = """
update durable_run r
set journal = t.journal::jsonb, state = t.state, wake_at = t.wake_at,
    waits_for = string_to_array(t.waits_for, ' '), epoch = r.epoch + 1,
    failures = case when t.looks then r.failures else 0 end,
    problem = case when t.looks then r.problem end,
    told = case when t.looks then r.told end,
    progressed_at = $8
from unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::timestamptz[], $6::text[],
            $7::boolean[])
    as t (id, epoch, journal, state, wake_at, waits_for, looks)
where r.id = t.id and r.epoch = t.epoch
"""
_HOLD = "select id from durable_run where id = any($1) order by id for update"
_STOP = """
with heard as (update durable_message set seen = true where run_id = any($1) and not seen)
update durable_run set state = 'ended', wake_at = null, waits_for = '{}', epoch = epoch + 1,
    progressed_at = $2
where id = any($1)
"""
_SWEEP = """
select pg_terminate_backend(pid) from pg_stat_activity
where application_name = current_setting('application_name') and usename = current_user
  and datname = current_database() and pid <> pg_backend_pid()
  and state = 'active' and wait_event = 'ClientWrite' and state_change < now() - $1::interval
"""
_FAIL = """
update durable_run
set failures = $3, problem = $4, told = $5, state = $6, wake_at = $7, epoch = epoch + 1
where id = $1 and epoch = $2
"""
_RETRY = """
update durable_run set state = 'active', wake_at = $2, failures = 0, epoch = epoch + 1
where id = any(array(
    select id from durable_run where id = any($1) and (state = 'stuck' or failures > 0)
    and state <> 'ended' order by id for update))
returning id
"""
# Spread out: each of them may fail once more, and a batch with such a one is repeated one by one.
_RETRY_STUCK = """
update durable_run r set state = 'active', epoch = epoch + 1,
    wake_at = $2::timestamptz + t.place * $4::interval
from (select id, row_number() over (order by progressed_at) as place
      from (select id, progressed_at from durable_run where state = 'stuck' and code = any($1)
            order by progressed_at limit $3 for update skip locked) s) t
where r.id = t.id
"""
_STANDING = """
select id, code, input, state, waits_for, wake_at, failures, problem from durable_run
"""
_UNKNOWN = """
select code, count(*) as n from durable_run where state = 'active' and code <> all($1)
group by code order by code
"""
_MEASURE = """
select (select count(*) from durable_run where state = 'active') as active,
       (select count(*) from durable_run where state = 'stuck') as stuck,
       (select count(*) from durable_run where wake_at <= $1) as due,
       (select min(wake_at) from durable_run where wake_at <= $1) as due_since,
       (select count(distinct m.run_id) from durable_message m join durable_run r on r.id = m.run_id
        where not m.seen and r.state = 'active') as told
"""
_UNHEARD = """
delete from durable_message where ctid = any(array(
    select m.ctid from durable_message m
    where not m.seen and not exists (select from durable_run r where r.id = m.run_id) limit $1))
"""
KEPT = (
    Kept(
        "durable_run",
        "progressed_at",
        timedelta(days=120),
        only="state = 'ended'",
        most=1_000,
        beside=("durable_message", "run_id"),
    ),
)
"""Runs that ended, with their journals and messages. What they did is in the tables of those who
did it.
"""


def start(tx: Transaction, run_id: UUID, code: str, data: Any, priority: int) -> None:
    tx.defer(_START, (run_id, code, json(data), priority, clock.now()))


def send(tx: Transaction, run_id: UUID, key: str, value: Any) -> None:
    send_text(tx, run_id, key, json(value))


def send_text(tx: Transaction, run_id: UUID, key: str, text: str) -> None:
    """The same for what is JSON already."""
    tx.defer(_SEND, (run_id, key, text))


async def claim(tx: Transaction, codes: Sequence[str], most: int) -> list[Row]:
    due = await tx.fetch(_DUE, clock.now(), codes, most)
    taken = [record["id"] for record in due]
    told = await tx.fetch(_TOLD, codes, taken, most) if len(due) < most else []
    rows = {record["id"]: Row(**dict(record)) for record in (*due, *told)}
    if rows:
        await _load_messages(tx, rows)
    return list(rows.values())


async def _load_messages(tx: Transaction, rows: dict[UUID, Row]) -> None:
    old = [row.id for row in rows.values() if row.epoch]
    seen = await tx.fetch(_SEEN, old) if old else []
    for record in (*seen, *await tx.fetch(_MESSAGES, list(rows))):
        rows[record["run_id"]].messages[record["key"]] = record["value"]


async def save(tx: Transaction, rows: Sequence[Row]) -> None:
    result = await tx.execute(
        _SAVE,
        [row.id for row in rows],
        [row.epoch for row in rows],
        [json(row.journal) for row in rows],
        [row.state.value for row in rows],
        [row.wake_at for row in rows],
        [" ".join(row.waits_for) for row in rows],
        [row.look is not None for row in rows],
        clock.now(),
    )
    if result != f"UPDATE {len(rows)}":
        raise Fenced(f"{result} of {len(rows)} runs: another worker has taken some of them over")


async def fail(tx: Transaction, row: Row, *now: object) -> bool:
    """Note that a run failed (failures, problem, sign, state, wake_at), unless somebody has taken
    it over since; whether it was so.
    """
    answer = await tx.execute(_FAIL, row.id, row.epoch, *now)
    if answer != "UPDATE 1":
        return False
    # seen, and yet to be heard: a message must not take the run up before its time
    await tx.execute(
        "update durable_message set seen = true where run_id = $1 and not seen", row.id
    )
    return True


async def retry(tx: Transaction, run_ids: Sequence[UUID], now: datetime) -> list[UUID]:
    return [row["id"] for row in await tx.fetch(_RETRY, list(run_ids), now)]


async def retry_stuck(
    tx: Transaction, codes: Sequence[str], now: datetime, most: int, apart: timedelta
) -> int:
    return _count(await tx.execute(_RETRY_STUCK, codes, now, most, apart))


async def stop(tx: Transaction, run_ids: Sequence[UUID], now: datetime) -> None:
    held = await tx.fetch(_HOLD, list(run_ids))
    await tx.execute(_STOP, [row["id"] for row in held], now)


async def sweep(tx: Transaction, lease: timedelta) -> int:
    return len(await tx.fetch(_SWEEP, lease))


async def forget_unheard(tx: Transaction, most: int = 10_000) -> int:
    """Let go of messages to runs that are gone, `most` at a time; how many."""
    return _count(await tx.execute(_UNHEARD, most))


def _count(answer: str) -> int:
    """Of how many rows the server says that they were changed, as in `UPDATE 7`."""
    return int(answer.rpartition(" ")[2])


async def drop(tx: Transaction, runs: Sequence[UUID]) -> None:
    rows = await tx.fetch(
        "delete from durable_run where id = any($1) and state = $2 returning id",
        list(runs),
        State.ENDED.value,
    )
    gone = [row["id"] for row in rows]
    await tx.execute("delete from durable_message where run_id = any($1)", gone)


async def stuck(tx: Transaction, most: int = 1_000) -> list[Standing]:
    sql = f"{_STANDING} where state = 'stuck' order by progressed_at limit $1"
    return [_standing(row) for row in await tx.fetch(sql, most)]


async def failing(tx: Transaction, most: int = 1_000) -> list[Standing]:
    sql = f"{_STANDING} where state = 'active' and failures > 0 order by progressed_at limit $1"
    return [_standing(row) for row in await tx.fetch(sql, most)]


async def standing(tx: Transaction, run_ids: Sequence[UUID]) -> list[Standing]:
    sql = f"{_STANDING} where id = any($1) and state <> 'ended' order by id"
    return [_standing(row) for row in await tx.fetch(sql, list(run_ids))]


async def late(tx: Transaction, since: datetime) -> list[tuple[str, int, datetime]]:
    """The code of runs that were due at that time and still are, how many, and since when."""
    rows = await tx.fetch(
        "select code, count(*) as n, min(wake_at) as since from durable_run where wake_at <= $1"
        " group by code order by code",
        since,
    )
    return [(row["code"], row["n"], row["since"]) for row in rows]


async def unknown(tx: Transaction, codes: Sequence[str]) -> list[tuple[str, int]]:
    rows = await tx.fetch(_UNKNOWN, codes)
    return [(row["code"], row["n"]) for row in rows]


async def measure(tx: Transaction, now: datetime) -> dict[str, Any]:
    row = await tx.fetchrow(_MEASURE, now)
    return dict(row or {})


def _standing(row: Record) -> Standing:
    values = dict(row)
    return Standing(**values | {"state": State(row["state"]), "waits_for": tuple(row["waits_for"])})
