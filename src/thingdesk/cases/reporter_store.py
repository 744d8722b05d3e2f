"""Who reported what was a case already."""

from collections.abc import Collection
from uuid import UUID

from thingdesk.platform.database import Transaction, columns

_PUT = """
insert into case_reporter (case_id, machine) select * from unnest($1::uuid[], $2::text[])
on conflict do nothing
"""


async def put(tx: Transaction, joined: Collection[tuple[UUID, str]]) -> None:
    if joined:
        await tx.execute(_PUT, *columns(sorted(joined)))


async def has(tx: Transaction, case_id: UUID, machine: str) -> bool:
    """Whether this machine joined it."""
    found = await tx.fetchval(
        "select true from case_reporter where case_id = $1 and machine = $2", case_id, machine
    )
    return bool(found)
