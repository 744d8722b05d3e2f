"""The rows of owners' log-ins."""

from datetime import datetime, timedelta
from uuid import UUID

from thingdesk.platform.database import Transaction
from thingdesk.platform.kept import Kept

_PUT_CODE = """
insert into owner_code (owner_id, id, expires_at) values ($1, $2, $3)
on conflict (owner_id) do update set id = $2, expires_at = $3, tries = 0
"""
_TRY = """
update owner_code set tries = tries + 1 where owner_id = $1 and expires_at > $2 and tries < $3
returning id
"""
_SESSION = """
select s.owner_id, s.expires_at from owner_session s join owner o on o.id = s.owner_id
where s.digest = $1 and s.expires_at > $2 and o.email is not null
  and (o.links_since is null or s.began_at >= o.links_since)
"""
KEPT = (
    Kept("owner_code", "expires_at", timedelta()),
    Kept("owner_session", "expires_at", timedelta()),
)


async def put_code(tx: Transaction, owner_id: UUID, code_id: UUID, expires: datetime) -> None:
    """Makes this the only code of theirs."""
    await tx.execute(_PUT_CODE, owner_id, code_id, expires)


async def try_code(tx: Transaction, owner_id: UUID, now: datetime, most: int) -> UUID | None:
    """The code of this owner, one of its tries gone; None when there is none, or it has no more."""
    found: UUID | None = await tx.fetchval(_TRY, owner_id, now, most)
    return found


async def use_code(tx: Transaction, owner_id: UUID) -> None:
    await tx.execute("delete from owner_code where owner_id = $1", owner_id)


async def begin(
    tx: Transaction, digest: bytes, owner_id: UUID, now: datetime, expires: datetime
) -> None:
    await tx.execute(
        "insert into owner_session values ($1, $2, $3, $4)", digest, owner_id, now, expires
    )


async def session(tx: Transaction, digest: bytes, now: datetime) -> tuple[UUID, datetime] | None:
    row = await tx.fetchrow(_SESSION, digest, now)
    return (row["owner_id"], row["expires_at"]) if row else None


async def end(tx: Transaction, digest: bytes) -> None:
    await tx.execute("delete from owner_session where digest = $1", digest)
