"""What owners let machines do by way of clients, and the tokens by which it is renewed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from thingdesk.access.model import Grant, Surface
from thingdesk.parties import Ended
from thingdesk.platform.database import Row, Transaction
from thingdesk.platform.kept import Kept

_GRANT = "select id, client, machine, owner_id, mandate_id, surfaces, ended_at from access_grant "
_ADD = """
insert into access_grant (id, client, machine, owner_id, mandate_id, surfaces, made_at)
values ($1, $2, $3, $4, $5, $6, $7)
"""
_END = """
update access_grant set ended_at = $2, reason = $3 where id = $1 and ended_at is null
returning owner_id
"""
_REFRESH = """
select r.grant_id, r.jkt, r.expires_at, r.used_at, r.used_by from access_refresh r
where r.digest = $1 for update
"""
_ADD_REFRESH = """
insert into access_refresh (digest, grant_id, jkt, made_at, expires_at)
values ($1, $2, $3, $4, $5) on conflict do nothing
"""
_ENDED_FOR = """
select * from (
    select ended_at as at, id::text as id, machine from access_grant where ended_at >= $1
    union all
    select ended_at, jti::text, machine from access_ended where ended_at >= $1
    union all
    select g.made_at, 'new ' || g.id, g.machine from access_grant g
    where g.made_at >= $1 and 'mqtt' = any(g.surfaces) and exists (
        select 1 from access_grant b where b.machine = g.machine and b.ended_at is null
        and b.made_at < g.made_at and 'mqtt' = any(b.surfaces))
) ended where (at, id) > ($1, $2) order by at, id limit $3
"""

KEPT = (Kept("access_refresh", "expires_at", timedelta(days=1)),)


@dataclass(frozen=True, slots=True)
class Refresh:
    """A token by which a grant's tokens are renewed, once, and by which keys it was used."""

    grant_id: UUID
    jkt: str | None
    expires_at: datetime
    used_at: datetime | None
    used_by: str | None


def _grant(row: Row) -> Grant:
    surfaces = tuple(Surface(one) for one in row["surfaces"])
    return Grant(**{**row, "surfaces": surfaces})


async def add(tx: Transaction, new: Grant, at: datetime) -> None:
    of = (new.id, new.client, new.machine, new.owner_id, new.mandate_id)
    await tx.execute(_ADD, *of, [one.value for one in new.surfaces], at)


async def get(tx: Transaction, grant_id: UUID) -> Grant | None:
    return (await get_many(tx, [grant_id]))[0]


async def get_many(tx: Transaction, wanted: Sequence[UUID]) -> list[Grant | None]:
    """In the same order."""
    rows = await tx.fetch(_GRANT + "where id = any($1)", list(set(wanted)))
    found = {row["id"]: _grant(row) for row in rows}
    return [found.get(one) for one in wanted]


async def live(tx: Transaction, grants: Collection[UUID]) -> frozenset[UUID]:
    """Those of them that have not ended."""
    if not grants:
        return frozenset()
    rows = await tx.fetch(
        "select id from access_grant where id = any($1) and ended_at is null", list(grants)
    )
    return frozenset(row["id"] for row in rows)


async def of_machines(tx: Transaction, machines: Collection[str], surface: Surface) -> list[Grant]:
    """What has not ended of theirs for this surface, the oldest first."""
    rows = await tx.fetch(
        _GRANT + "where machine = any($1) and $2 = any(surfaces) and ended_at is null"
        " order by made_at",
        list(machines),
        surface.value,
    )
    return [_grant(row) for row in rows]


async def end(tx: Transaction, grant_id: UUID, at: datetime, reason: str) -> UUID | None:
    """The owner whose it was; None when it has ended before."""
    owner: UUID | None = await tx.fetchval(_END, grant_id, at, reason)
    return owner


async def ended_for(tx: Transaction, after: datetime, beyond: str, most: int) -> list[Ended]:
    rows = await tx.fetch(_ENDED_FOR, after, beyond, most)
    return [Ended(**dict(row)) for row in rows]


async def add_refresh(
    tx: Transaction, digest: bytes, grant_id: UUID, jkt: str | None, at: datetime, until: datetime
) -> None:
    await tx.execute(_ADD_REFRESH, digest, grant_id, jkt, at, until)


async def lock_refresh(tx: Transaction, digest: bytes) -> Refresh | None:
    row = await tx.fetchrow(_REFRESH, digest)
    return Refresh(**dict(row)) if row else None


async def use_refresh(tx: Transaction, digest: bytes, at: datetime, by: str | None) -> None:
    await tx.execute(
        "update access_refresh set used_at = $2, used_by = $3 where digest = $1", digest, at, by
    )
