from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from thingdesk.hooks.model import BACKOFF, LASTS, Behind, Delivery, Entry
from thingdesk.hooks.store import hook_of
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Row, Transaction, columns

_EACH_MACHINE = 4
EACH_HOST = 20
"""Attempts at one host at a time: one platform may stand behind many machines."""
_PUT = """
insert into hook_delivery (id, hook_id, case_id, number, kind, made_at, until, next_at)
select *, $6, $7, $6 from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::integer[], $5::text[])
on conflict do nothing
"""
# Locked after the share is known: the rows that one worker has taken are passed over by the others.
_LOCK_DUE = """
with due as (
    select id, row_number() over (partition by host order by place, next_at, id) as at_host
    from (
        select d.id, d.next_at,
            split_part(split_part(split_part(h.url, '://', 2), '/', 1), '?', 1) as host,
            row_number() over (partition by h.machine order by d.next_at, d.id) as place
        from hook_delivery d join hook h on h.id = d.hook_id
        where d.state = 'waiting' and d.next_at <= $1 and h.machine <> all($5)
    ) as found
    where place <= $3 and host <> all($6)
)
select id, attempts from hook_delivery
where state = 'waiting' and next_at <= $1
  and id = any(array(select id from due where at_host <= $4))
order by next_at limit $2 for update skip locked
"""
_PLAN = """
update hook_delivery d set attempts = d.attempts + 1, next_at = t.next_at, tried_at = $3
from unnest($1::uuid[], $2::timestamptz[]) as t (id, next_at)
where d.id = t.id
"""
COLUMNS = """
h.*, d.id as delivery, d.case_id as of_case, d.number, d.kind, d.attempts,
d.made_at as due_since, d.problem, d.settled_at, d.tried_at, d.next_at
"""
_DELIVERIES = f"""
select {COLUMNS} from hook_delivery d join hook h on h.id = d.hook_id
"""  # noqa: S608 - of constants


async def drop_waiting(tx: Transaction, one: Behind) -> None:
    """What is due of the case and was not taken yet is due no more."""
    await tx.execute(
        "delete from hook_delivery where hook_id = $1 and case_id = $2 and state = 'waiting'",
        one.hook.id,
        one.case_id,
    )


async def put(tx: Transaction, one: Behind, entries: Sequence[Entry]) -> None:
    now = clock.now()
    rows = [(ids.new(), one.hook.id, one.case_id, each.number, each.kind) for each in entries]
    await tx.execute(_PUT, *columns(rows), now, now + LASTS)


async def claim(
    tx: Transaction, most: int, machines: Collection[str], hosts: Collection[str]
) -> list[Delivery]:
    """What is due, but for these machines and at these hosts, with the next attempts planned."""
    now = clock.now()
    rows = await tx.fetch(
        _LOCK_DUE, now, most, _EACH_MACHINE, EACH_HOST, list(machines), list(hosts)
    )
    if not rows:
        return []
    claimed = [row["id"] for row in rows]
    again = [now + BACKOFF.pause(row["attempts"] + 1, ids.draw()) for row in rows]
    await tx.execute(_PLAN, claimed, again, now)
    found = await tx.fetch(f"{_DELIVERIES} where d.id = any($1) order by d.next_at", claimed)
    return [delivery_of(row) for row in found]


async def settle(tx: Transaction, delivery_id: UUID, problem: str | None) -> Delivery | None:
    """End a delivery, by `problem` or well; None if it had ended."""
    ended = await tx.fetchval(
        "update hook_delivery set state = $2, problem = $3, settled_at = $4"
        " where id = $1 and state = 'waiting' returning id",
        delivery_id,
        "given_up" if problem else "delivered",
        problem,
        clock.now(),
    )
    return await get_delivery(tx, delivery_id) if ended else None


async def get_delivery(tx: Transaction, delivery_id: UUID) -> Delivery | None:
    row = await tx.fetchrow(f"{_DELIVERIES} where d.id = $1", delivery_id)
    return delivery_of(row) if row else None


async def note_problem(tx: Transaction, delivery_id: UUID, problem: str) -> bool:
    """Keep why an attempt failed; whether there is time for another one."""
    more: bool | None = await tx.fetchval(
        "update hook_delivery set problem = $2 where id = $1 and state = 'waiting'"
        " returning next_at < until",
        delivery_id,
        problem,
    )
    return more is not False


async def revive(tx: Transaction, delivery_id: UUID) -> bool:
    """Let what was given up be due again, at a hook that has not ended; whether it was."""
    now = clock.now()
    revived = await tx.fetchval(
        "update hook_delivery d set state = 'waiting', attempts = 0, next_at = $2, until = $3,"
        " settled_at = null from hook h where d.id = $1 and d.state = 'given_up'"
        " and h.id = d.hook_id and h.ended_at is null returning d.id",
        delivery_id,
        now,
        now + LASTS,
    )
    return revived is not None


async def given_up(
    tx: Transaction, after: tuple[datetime, UUID] | None, most: int
) -> list[Delivery]:
    """What was given up, the newest first, after the last (settled, id) of the page before."""
    which = "where d.state = 'given_up'" + (" and (d.settled_at, d.id) < ($2, $3)" if after else "")
    rows = await tx.fetch(
        f"{_DELIVERIES} {which} order by d.settled_at desc, d.id desc limit $1",
        most,
        *(after or ()),
    )
    return [delivery_of(row) for row in rows]


async def measure(tx: Transaction, now: datetime) -> tuple[int, datetime]:
    """How many wait, and since when the oldest attempt is due."""
    row = await tx.fetchrow(
        "select count(*) as n, least(min(next_at), $1) as since from hook_delivery"
        " where state = 'waiting'",
        now,
    )
    return (row["n"], row["since"]) if row else (0, now)


def delivery_of(row: Row) -> Delivery:
    return Delivery(
        row["delivery"],
        hook_of(row),
        row["of_case"],
        Entry(row["number"], row["kind"]),
        row["attempts"],
        row["due_since"],
        row["problem"],
        row["settled_at"],
        row["tried_at"],
        row["next_at"],
    )
