from collections.abc import Sequence
from datetime import datetime
from typing import Any

from thingdesk.parties.ended import Ended
from thingdesk.parties.model import MachineKey
from thingdesk.platform.database import Row, Transaction

_MAKING_DESK_KEY = 7_413_302_118
_SELECT = "select kid, machine, x, added_at, revoked_at, reason from machine_key "
_ADD = """
insert into machine_key (kid, machine, x, added_at)
select t.kid, t.machine, t.x, $4
from unnest($1::text[], $2::text[], $3::text[]) as t (kid, machine, x)
order by t.kid
on conflict do nothing
returning kid, machine
"""
_REVOKE = """
update machine_key set revoked_at = $2, reason = $3
where kid = $1 and revoked_at is null
returning kid, machine, x, added_at, revoked_at, reason
"""
_REVOKED_AFTER = """
select revoked_at as at, kid as id, machine from machine_key
where revoked_at >= $1 and (revoked_at, kid) > ($1, $2) order by revoked_at, kid limit $3
"""
_VOUCHED = """
select m.id from machine m left join machine_key k on k.machine = m.id
where m.id = any($1)
group by m.id having count(k.kid) = 0 or bool_or(k.revoked_at is null)
"""
_MAKE_DESK_KEY = """
insert into desk_key (kid, private, made_at, signs_from)
select $1, $2, $3, $4 where not $5 or not exists (select from desk_key)
"""


def _key(row: Row) -> MachineKey:
    return MachineKey(**dict(row))


async def add(
    tx: Transaction, keys: Sequence[tuple[str, str, str]], at: datetime
) -> list[tuple[str, str]]:
    """Adds (kid, machine, x) where the kid is new; those (machine, kid)."""
    columns = [list(column) for column in zip(*keys, strict=True)] if keys else [[], [], []]
    rows = await tx.fetch(_ADD, *columns, at)
    return [(row["machine"], row["kid"]) for row in rows]


async def get(tx: Transaction, kid: str) -> MachineKey | None:
    row = await tx.fetchrow(_SELECT + "where kid = $1", kid)
    return _key(row) if row else None


async def get_many(tx: Transaction, kids: Sequence[str]) -> dict[str, MachineKey]:
    rows = await tx.fetch(_SELECT + "where kid = any($1)", list(kids))
    return {row["kid"]: _key(row) for row in rows}


async def revoke(tx: Transaction, kid: str, reason: str, at: datetime) -> MachineKey | None:
    row = await tx.fetchrow(_REVOKE, kid, at, reason)
    return _key(row) if row else None


async def of_machine(tx: Transaction, machine: str, most: int) -> list[MachineKey]:
    newest = "where machine = $1 order by revoked_at is null desc, added_at desc, kid limit $2"
    rows = await tx.fetch(_SELECT + newest, machine, most)
    return [_key(row) for row in rows]


async def revoked_after(tx: Transaction, after: datetime, beyond: str, most: int) -> list[Ended]:
    rows = await tx.fetch(_REVOKED_AFTER, after, beyond, most)
    return [Ended(**dict(row)) for row in rows]


async def recognised(tx: Transaction, machines: Sequence[str]) -> frozenset[str]:
    rows = await tx.fetch(
        "select distinct machine from machine_key where machine = any($1) and revoked_at is null",
        list(machines),
    )
    return frozenset(row["machine"] for row in rows)


async def keyless(tx: Transaction, machines: Sequence[str]) -> frozenset[str]:
    """Those that never had a key."""
    rows = await tx.fetch(
        "select m from unnest($1::text[]) as t (m)"
        " where not exists (select from machine_key k where k.machine = t.m)",
        list(machines),
    )
    return frozenset(row["m"] for row in rows)


async def vouched(tx: Transaction, machines: Sequence[str]) -> frozenset[str]:
    rows = await tx.fetch(_VOUCHED, list(machines))
    return frozenset(row["id"] for row in rows)


async def desk_keys(tx: Transaction) -> list[tuple[str, dict[str, Any], datetime]]:
    rows = await tx.fetch(
        "select kid, private, coalesce(signs_from, made_at) as signs_from"
        " from desk_key order by 3 desc, kid"
    )
    return [(row["kid"], row["private"], row["signs_from"]) for row in rows]


async def make_desk_key(
    tx: Transaction,
    kid: str,
    private: dict[str, Any],
    at: datetime,
    signs_from: datetime,
    *,
    first: bool,
) -> None:
    """Keeps the key; the `first` one only where no other process has made it."""
    await tx.execute("select pg_advisory_xact_lock($1)", _MAKING_DESK_KEY)
    await tx.execute(_MAKE_DESK_KEY, kid, private, at, signs_from, first)
