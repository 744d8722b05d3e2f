"""The rows of owners' log-ins."""

from datetime import datetime, timedelta
from uuid import UUID

from thingdesk.platform.database import Transaction
from thingdesk.platform.kept import Kept

_PUT_CODE = "insert into owner_code (owner_id, browser, id, expires_at) values ($1, $2, $3, $4)"
_TRY = """
update owner_code set tries = tries + 1
where owner_id = $1 and browser = $2 and expires_at > $3 and tries < $4
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


async def put_code(
    tx: Transaction, owner_id: UUID, browser: bytes, code_id: UUID, expires: datetime
) -> None:
    await tx.execute(_PUT_CODE, owner_id, browser, code_id, expires)


async def try_codes(
    tx: Transaction, owner_id: UUID, browser: bytes, now: datetime, most: int
) -> list[UUID]:
    """The codes that this owner may type in this browser, one of the tries of each gone."""
    return [row["id"] for row in await tx.fetch(_TRY, owner_id, browser, now, most)]


async def use_codes(tx: Transaction, owner_id: UUID, browser: bytes) -> None:
    await tx.execute(
        "delete from owner_code where owner_id = $1 and browser = $2", owner_id, browser
    )


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
