from datetime import datetime
from uuid import UUID

from thingdesk.platform.database import Transaction


async def of_identity(tx: Transaction, issuer: str, subject: str) -> UUID | None:
    """Whose identity it is, also of an account that was closed."""
    found = await tx.fetchval(
        "select staff_id from staff_identity where issuer = $1 and subject = $2", issuer, subject
    )
    return UUID(str(found)) if found else None


async def has_identity(tx: Transaction, staff_id: UUID, issuer: str) -> bool:
    found = await tx.fetchval(
        "select true from staff_identity where staff_id = $1 and issuer = $2", staff_id, issuer
    )
    return bool(found)


async def add(tx: Transaction, issuer: str, subject: str, staff_id: UUID, at: datetime) -> None:
    await tx.execute(
        "insert into staff_identity values ($1, $2, $3, $4)", issuer, subject, staff_id, at
    )


async def once(tx: Transaction, digest: bytes, expires: datetime) -> bool:
    """Whether nobody came back with it before."""
    found = await tx.fetchval(
        "insert into staff_return values ($1, $2) on conflict do nothing returning true",
        digest,
        expires,
    )
    return bool(found)
