"""The rows that every candidate writes, the limit they are measured against, and the audit.

None of the tables refuses a doubled row: a candidate that doubles one is to be seen doing it."""

import hashlib
import os
import signal
import uuid
from collections.abc import Iterable
from typing import Any

import asyncpg
import orjson

STEPS = 6  # before the first wait; two more follow it

SCHEMA = """
create table run(
    id uuid primary key, name text not null, version int not null default 1, input jsonb not null,
    journal jsonb not null default '{"done": [], "inbox": []}', head bytea not null default '',
    wake_at timestamptz, priority int not null default 0, epoch bigint not null default 0,
    state text not null default 'ready');
create index run_due on run(wake_at) where wake_at is not null;
create table message(
    id bigint generated always as identity primary key, run_id uuid not null, key text not null,
    value jsonb not null, seen boolean not null default false);
create index message_unseen on message(run_id) where not seen;
create table step_row(run_id uuid, step int, what text);
create index on step_row(run_id, step);
create table timeline(run_id uuid, seq int, kind text, body jsonb, digest bytea);
create index on timeline(run_id, seq);
create table effect(run_id uuid, step int, epoch bigint);
create index on effect(run_id, step);
create table outbox(id bigint generated always as identity primary key, run_id uuid, body jsonb);
"""

INSERTS = {
    "step_row": "insert into step_row select * from unnest({}::uuid[], {}::int[], {}::text[])",
    "timeline": "insert into timeline select r, s, k, b::jsonb, d from unnest({}::uuid[],"
    " {}::int[], {}::text[], {}::text[], {}::bytea[]) as t(r, s, k, b, d)",
    "effect": "insert into effect select * from unnest({}::uuid[], {}::int[], {}::bigint[])",
    "outbox": "insert into outbox(run_id, body)"
    " select r, b::jsonb from unnest({}::uuid[], {}::text[]) as t(r, b)",
    "run": "insert into run(id, name, input, wake_at)"
    " select r, 'repair', i::jsonb, now() from unnest({}::uuid[], {}::text[]) as t(r, i)",
}


def numbered(table: str) -> str:
    """The insert with asyncpg's placeholders."""
    sql = INSERTS[table]
    return sql.format(*(f"${n + 1}" for n in range(sql.count("{}"))))


def percent(table: str) -> str:
    """The insert with psycopg's placeholders."""
    return INSERTS[table].replace("{}", "%s")


def step_rows(run: uuid.UUID, step: int, head: bytes, epoch: int = 0) -> dict[str, list[Any]]:
    """What one step writes: its row and its link of the timeline; the third is an effect, too."""
    body = orjson.dumps({"step": step, "what": "centre reserved", "by": "desk"}).decode()
    digest = hashlib.sha256(head + body.encode()).digest()
    written: dict[str, list[Any]] = {
        "step_row": [(run, step, f"step {step}")],
        "timeline": [(run, step, "step.done", body, digest)],
    }
    if step == 3:
        written["effect"] = [(run, step, epoch)]
        written["outbox"] = [(run, body)]
    _leave_traces(run, step)
    return written


def digest_of(written: dict[str, list[Any]]) -> bytes:
    link: bytes = written["timeline"][0][4]
    return link


_fault = os.environ.get("TRIAL_FAULT", "")  # "STOP:3" or "KILL:8": what happens to this process
_calls = os.environ.get("TRIAL_CALLS", "")  # a file that counts every body that ran


def _leave_traces(run: uuid.UUID, step: int) -> None:
    global _fault  # noqa: PLW0603 - a process meets its fault once
    if _calls:
        with open(_calls, "a") as file:  # noqa: PTH123 - as short as can be
            file.write(f"{run} {step} {os.getpid()}\n")
    if _fault and int(_fault.split(":")[1]) == step:
        number = signal.SIGSTOP if _fault.startswith("STOP") else signal.SIGKILL
        _fault = ""
        os.kill(os.getpid(), number)


async def insert_only(conn: asyncpg.Connection, count: int, batch: int = 100) -> None:
    """The rows of journeys that reach their first wait, without any journey."""
    text = orjson.dumps({"fault": "P0301", "part": "ignition coil"}).decode()
    for at in range(0, count, batch):
        ids = [uuid.uuid4() for _ in range(min(batch, count - at))]
        gathered: dict[str, list[Any]] = {"run": [(run, text) for run in ids]}
        for run in ids:
            head = b""
            for step in range(1, STEPS + 1):
                written = step_rows(run, step, head)
                head = digest_of(written)
                for table, lines in written.items():
                    gathered.setdefault(table, []).extend(lines)
        async with conn.transaction():
            for table, lines in gathered.items():
                await conn.execute(numbered(table), *columns(lines))


def columns(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


async def audit(conn: asyncpg.Connection) -> dict[str, int]:
    """What is missing or doubled among the rows that were committed."""
    doubled = "select count(*) from (select 1 from {} group by run_id, {} having count(*) > 1) d"
    short = (
        "select count(*) from run r where (select count(distinct seq) from timeline t"
        " where t.run_id = r.id) < case r.state when 'done' then 8 else 6 end"
    )
    return {
        "doubled steps": await conn.fetchval(doubled.format("step_row", "step")),
        "doubled timeline": await conn.fetchval(doubled.format("timeline", "seq")),
        "doubled effects": await conn.fetchval(doubled.format("effect", "step")),
        "doubled outbox": await conn.fetchval(
            "select count(*) from (select 1 from outbox group by run_id having count(*) > 1) d"
        ),
        "short of steps": await conn.fetchval(short),
    }
