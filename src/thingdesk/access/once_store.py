"""What may be shown once, and what was ended one by one."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from thingdesk.platform.database import Transaction, columns
from thingdesk.platform.kept import Kept

_ONCE = """
insert into access_once (digest, until)
select * from unnest($1::bytea[], $2::timestamptz[]) as t (digest, until) order by digest
on conflict do nothing returning digest
"""
_GIVE_BACK = "delete from access_once where digest = any($1) returning digest, until"
_END = """
insert into access_ended (jti, machine, ended_at, until) values ($1, $2, $3, $4)
on conflict do nothing returning true
"""
_FAILED = """
insert into access_try as t (who, failures, since) values ($1, 1, $2)
on conflict (who) do update set
    failures = case when t.since < $3 then 1 else t.failures + 1 end,
    since = case when t.since < $3 then $2 else t.since end
"""

KEPT = (
    Kept("access_once", "until", timedelta(hours=1)),
    Kept("access_ended", "until", timedelta(hours=1)),
    Kept("access_try", "since", timedelta(hours=1)),
)


async def take(tx: Transaction, shown: Sequence[tuple[bytes, datetime]]) -> list[bool]:
    """Of each whether it is shown for the first time: it will not be again. In order."""
    if not shown:
        return []
    wanted = dict(reversed(shown))
    rows = await tx.fetch(_ONCE, *columns(sorted(wanted.items())))
    new = {row["digest"] for row in rows}
    first = []
    for digest, _ in shown:
        first.append(digest in new)
        new.discard(digest)
    return first


async def give_back(
    tx: Transaction, taken: Sequence[Collection[bytes]]
) -> list[list[tuple[bytes, datetime]]]:
    """Of each what `take` is to be asked again: as if it had not been shown."""
    rows = await tx.fetch(_GIVE_BACK, [digest for one in taken for digest in one])
    until = {row["digest"]: row["until"] for row in rows}
    return [[(digest, until[digest]) for digest in one if digest in until] for one in taken]


async def end(tx: Transaction, jti: UUID, machine: str, at: datetime, until: datetime) -> bool:
    return bool(await tx.fetchval(_END, jti, machine, at, until))


async def ended(tx: Transaction, tokens: Collection[UUID]) -> frozenset[UUID]:
    """Those of them that were ended."""
    rows = await tx.fetch("select jti from access_ended where jti = any($1)", list(tokens))
    return frozenset(row["jti"] for row in rows)


async def failures(tx: Transaction, who: str, since: datetime) -> int:
    """How often they failed in the span that is not older than `since`."""
    found = await tx.fetchval(
        "select failures from access_try where who = $1 and since >= $2", who, since
    )
    return found or 0


async def failed(tx: Transaction, who: str, at: datetime, since: datetime) -> None:
    await tx.execute(_FAILED, who, at, since)
