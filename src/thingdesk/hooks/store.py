from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

from thingdesk.hooks.model import Behind, Hook, NewHook
from thingdesk.platform import clock
from thingdesk.platform.database import Row, Transaction, columns
from thingdesk.platform.kept import Kept

KEPT = (
    Kept("hook_delivery", "settled_at", timedelta(days=30), most=1_000),
    Kept("hook", "ended_at", timedelta(days=30)),
)
"""What is due, from when it is settled, and hooks from their end on."""

_INSERT = """
insert into hook (id, machine, owner_id, mandate_id, form, url, secret, kinds, case_id, made_at,
                  grant_id, keys, name, shown, tokens)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
"""
_CHANGE = """
update hook set owner_id = $2, mandate_id = $3, url = $4, kinds = $5, grant_id = $6, keys = $7,
                shown = $8, tokens = $9
where id = $1
"""
_OF = """
select * from hook where (machine = any($1) or owner_id = any($2)) and ended_at is null
"""
_FOLLOW = """
insert into hook_case (hook_id, case_id, told)
select * from unnest($1::uuid[], $2::uuid[], $3::integer[])
on conflict do nothing
"""
_BEHIND = """
select h.*, c.case_id as of_case, c.told
from hook_case c join hook h on h.id = c.hook_id
where c.behind order by c.hook_id, c.case_id limit $1 for update of c skip locked
"""


async def insert(tx: Transaction, hook: Hook) -> None:
    asked = hook.asked
    await tx.execute(
        _INSERT,
        hook.id,
        asked.machine,
        asked.owner_id,
        asked.mandate_id,
        asked.form,
        asked.url,
        hook.secret,
        None if asked.kinds is None else sorted(asked.kinds),
        asked.case_id,
        hook.made_at,
        asked.grant_id,
        list(asked.keys),
        asked.name,
        dict(asked.shown),
        list(asked.tokens),
    )


async def change(tx: Transaction, hook: Hook) -> None:
    """Keep what is asked of it now."""
    asked = hook.asked
    await tx.execute(
        _CHANGE,
        hook.id,
        asked.owner_id,
        asked.mandate_id,
        asked.url,
        None if asked.kinds is None else sorted(asked.kinds),
        asked.grant_id,
        list(asked.keys),
        dict(asked.shown),
        list(asked.tokens),
    )


async def named(tx: Transaction, asked: NewHook) -> Hook | None:
    """The one that has not ended, of the machine, form, case and name of what is `asked`."""
    row = await tx.fetchrow(
        "select * from hook where machine = $1 and form = $2 and case_id = $3 and name = $4"
        " and ended_at is null",
        asked.machine,
        asked.form,
        asked.case_id,
        asked.name,
    )
    return hook_of(row) if row else None


async def lock_machine(tx: Transaction, machine: str) -> None:
    """One at a time registers a hook of a machine."""
    await tx.execute("select pg_advisory_xact_lock(741330219, hashtext($1))", machine)


async def of_parties(tx: Transaction, machines: Collection[str]) -> list[Hook]:
    """The hooks of these that have not ended, the oldest first."""
    rows = await tx.fetch(f"{_OF} order by made_at, id", list(machines), [])
    return [hook_of(row) for row in rows]


async def of_token(tx: Transaction, token: UUID) -> list[UUID]:
    """The hooks that were registered by it, or by one made from it, and have not ended."""
    rows = await tx.fetch(
        "select id from hook where tokens @> array[$1::uuid] and ended_at is null", token
    )
    return [row["id"] for row in rows]


async def of_all_cases(
    tx: Transaction, machines: Collection[str], owners: Collection[UUID]
) -> list[Hook]:
    """Those of these, or of machines of these owners, that are of no single case."""
    rows = await tx.fetch(f"{_OF} and case_id is null", list(machines), list(owners))
    return [hook_of(row) for row in rows]


async def get(tx: Transaction, hook_id: UUID) -> Hook | None:
    row = await tx.fetchrow("select * from hook where id = $1", hook_id)
    return hook_of(row) if row else None


async def end(tx: Transaction, hook_ids: Collection[UUID], reason: str) -> list[Hook]:
    """End those that have not ended; what is due there is given up. Which they were."""
    now = clock.now()
    rows = await tx.fetch(
        "update hook set ended_at = $2, reason = $3 where id = any($1) and ended_at is null"
        " returning *",
        list(hook_ids),
        now,
        reason,
    )
    ended = [row["id"] for row in rows]
    await tx.execute("delete from hook_case where hook_id = any($1)", ended)
    await tx.execute(
        "update hook_delivery set state = 'given_up', settled_at = $2, problem = $3"
        " where hook_id = any($1) and state = 'waiting'",
        ended,
        now,
        reason,
    )
    return [hook_of(row) for row in rows]


async def follow(tx: Transaction, told: Sequence[tuple[UUID, UUID, int]]) -> None:
    """(hook, case, up to which entry it is told)"""
    await tx.execute(_FOLLOW, *columns(told))


async def mark(tx: Transaction, cases: Collection[UUID]) -> None:
    await tx.execute("update hook_case set behind = true where case_id = any($1)", list(cases))


async def lock_behind(tx: Transaction, most: int) -> list[Behind]:
    rows = await tx.fetch(_BEHIND, most)
    return [Behind(hook_of(row), row["of_case"], row["told"]) for row in rows]


async def come_to(tx: Transaction, one: Behind, number: int, *, behind: bool) -> None:
    await tx.execute(
        "update hook_case set told = $3, behind = $4 where hook_id = $1 and case_id = $2",
        one.hook.id,
        one.case_id,
        number,
        behind,
    )


async def drop_case(tx: Transaction, one: Behind) -> None:
    await tx.execute(
        "delete from hook_case where hook_id = $1 and case_id = $2", one.hook.id, one.case_id
    )


async def erase(tx: Transaction, owner_id: UUID) -> None:
    await tx.execute("delete from hook where owner_id = $1", owner_id)


def hook_of(row: Row) -> Hook:
    kinds = row["kinds"]
    asked = NewHook(
        row["machine"],
        row["owner_id"],
        row["form"],
        row["url"],
        None if kinds is None else frozenset(kinds),
        row["case_id"],
        row["mandate_id"],
        row["grant_id"],
        tuple(row["keys"]),
        row["name"],
        row["shown"],
        tuple(row["tokens"]),
    )
    return Hook(row["id"], asked, row["secret"], row["made_at"], row["ended_at"])
