"""What instant services keep, one namespace a service and subject."""

from datetime import datetime, timedelta
from typing import Any

from thingdesk.platform.database import Transaction, json
from thingdesk.platform.kept import Kept

KEPT = (Kept("service_memory", "until", timedelta()),)
"""What a service keeps for a time is let go when that is over; the rest stays."""

_NEIGHBOURS = """
(select false as after, key, value from service_memory
 where service = $1 and subject = $2 and starts_with(key, $3) and key >= $3 and key <= $4
 order by key desc limit 1)
union all
(select true, key, value from service_memory
 where service = $1 and subject = $2 and starts_with(key, $3) and key > $4
 order by key limit 1)
"""


async def lock(tx: Transaction, service: str, subject: str) -> None:
    await tx.execute(
        "select pg_advisory_xact_lock(hashtextextended($1, 0))", f"{service} {subject}"
    )


async def recall(tx: Transaction, service: str, subject: str, key: str) -> Any:
    return await tx.fetchval(
        "select value from service_memory where service = $1 and subject = $2 and key = $3",
        service,
        subject,
        key,
    )


async def neighbours(
    tx: Transaction, service: str, subject: str, prefix: str, key: str
) -> tuple[tuple[str, Any] | None, tuple[str, Any] | None]:
    rows = await tx.fetch(_NEIGHBOURS, service, subject, prefix, key)
    found = {row["after"]: (row["key"], row["value"]) for row in rows}
    return found.get(False), found.get(True)


async def keep(
    tx: Transaction,
    service: str,
    subject: str,
    key: str,
    value: Any,
    *,
    now: datetime,
    until: datetime | None,
) -> None:
    await tx.execute(
        "insert into service_memory (service, subject, key, value, at, until)"
        " values ($1, $2, $3, $4::text::jsonb, $5, $6)"
        " on conflict (service, subject, key)"
        " do update set value = excluded.value, at = excluded.at, until = excluded.until",
        service,
        subject,
        key,
        json(value),
        now,
        until,
    )


async def listed(
    tx: Transaction, service: str, subject: str, prefix: str, most: int
) -> list[tuple[str, Any]]:
    rows = await tx.fetch(
        "select key, value from service_memory"
        " where service = $1 and subject = $2 and starts_with(key, $3) order by key desc limit $4",
        service,
        subject,
        prefix,
        most,
    )
    return [(row["key"], row["value"]) for row in rows]
