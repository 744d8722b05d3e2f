from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from thingdesk.fulfilment.commands.model import (
    BACKOFF,
    Command,
    CommandState,
    SentCommand,
)
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Row, Transaction, columns, json

_INSERT = """
insert into command (id, run_id, case_id, machine, name, arguments, preconditions, expires,
                     next_at, sent_at)
select id, run_id, case_id, machine, name, arguments::jsonb, preconditions::jsonb, expires, $9, $9
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[],
            $8::timestamptz[])
    as t (id, run_id, case_id, machine, name, arguments, preconditions, expires)
on conflict do nothing
returning id
"""
_LOCK_DUE = """
select * from command where state = 'waiting' and next_at <= $1 and expires > $1
order by next_at limit $2 for update skip locked
"""
_PLAN = """
update command c set attempts = c.attempts + 1, next_at = t.next_at
from unnest($1::uuid[], $2::timestamptz[]) as t (id, next_at)
where c.id = t.id
"""

_WAITING = """
select * from command where machine = $1 and state = 'waiting' and expires > $2
order by sent_at, id limit $3
"""
_PUT_OUT = """
with due as (
    select id from command
    where machine = $1 and state = 'waiting' and expires > $2 and attempts = 0
    order by sent_at, id limit $3 for update
)
update command c set attempts = 1 from due where c.id = due.id
"""


async def insert(tx: Transaction, commands: Sequence[Command]) -> set[UUID]:
    """Insert what is new; the ids of that."""
    rows = [
        (
            one.effect_id,
            one.run_id,
            one.case_id,
            one.machine,
            one.name,
            json(dict(one.arguments)),
            json(dict(one.preconditions)),
            one.expires,
        )
        for one in commands
    ]
    return {row["id"] for row in await tx.fetch(_INSERT, *columns(rows), clock.now())}


async def claim(tx: Transaction, now: datetime, most: int) -> list[SentCommand]:
    rows = await tx.fetch(_LOCK_DUE, now, most)
    again = [now + BACKOFF.pause(row["attempts"] + 1, ids.draw()) for row in rows]
    if rows:
        await tx.execute(_PLAN, [row["id"] for row in rows], again)
    return [_sent(row) for row in rows]


async def waiting(tx: Transaction, machine: str, now: datetime, most: int) -> list[SentCommand]:
    """The row says that it was put out before it is: who takes it back or lets it expire waits."""
    await tx.execute(_PUT_OUT, machine, now, most)
    rows = await tx.fetch(_WAITING, machine, now, most)
    return [_sent(row) for row in rows]


async def recall(tx: Transaction, command_id: UUID, reason: str, now: datetime) -> None:
    await tx.execute(
        "update command set recalled_at = $2, recall_reason = $3, attempts = 1, next_at = $2"
        " where id = $1",
        command_id,
        now,
        reason,
    )


async def lock(tx: Transaction, command_id: UUID) -> SentCommand | None:
    row = await tx.fetchrow("select * from command where id = $1 for update", command_id)
    return _sent(row) if row else None


async def lock_of(tx: Transaction, command_id: UUID, machine: str) -> SentCommand | None:
    """None, and nothing is locked, where it is another machine's."""
    row = await tx.fetchrow(
        "select * from command where id = $1 and machine = $2 for update", command_id, machine
    )
    return _sent(row) if row else None


async def lock_over(tx: Transaction, now: datetime, most: int) -> list[SentCommand]:
    rows = await tx.fetch(
        "select * from command where state = 'waiting' and expires <= $1"
        " order by expires limit $2 for update skip locked",
        now,
        most,
    )
    return [_sent(row) for row in rows]


async def end(
    tx: Transaction,
    command_ids: Sequence[UUID],
    state: CommandState,
    detail: Mapping[str, Any],
    at: datetime,
) -> None:
    await tx.execute(
        "update command set state = $2, detail = $3, settled_at = $4 where id = any($1)",
        list(command_ids),
        state.value,
        dict(detail),
        at,
    )


async def commands_of(tx: Transaction, case_id: UUID, most: int = 100) -> list[SentCommand]:
    """The newest commands of a case, the oldest of them first."""
    rows = await tx.fetch(
        "select * from (select * from command where case_id = $1 order by sent_at desc, id desc"
        " limit $2) newest order by sent_at, id",
        case_id,
        most,
    )
    return [_sent(row) for row in rows]


def _command(row: Row) -> Command:
    return Command(
        effect_id=row["id"],
        run_id=row["run_id"],
        case_id=row["case_id"],
        machine=row["machine"],
        name=row["name"],
        expires=row["expires"],
        arguments=row["arguments"],
        preconditions=row["preconditions"],
    )


def _sent(row: Row) -> SentCommand:
    return SentCommand(
        _command(row),
        CommandState(row["state"]),
        row["attempts"],
        row["sent_at"],
        row["detail"],
        row["settled_at"],
        row["recalled_at"],
        row["recall_reason"],
    )


async def measure(tx: Transaction, now: datetime) -> tuple[int, datetime]:
    """How many wait, and since when the oldest attempt is due."""
    row = await tx.fetchrow(
        "select count(*) as n, least(min(next_at), $1) as since from command"
        " where state = 'waiting'",
        now,
    )
    return (row["n"], row["since"]) if row else (0, now)


async def erase(tx: Transaction, case_ids: Sequence[UUID]) -> None:
    await tx.execute(
        "update command set arguments = '{}', preconditions = '{}', detail = null,"
        " recall_reason = null where case_id = any($1)",
        list(case_ids),
    )
