"""The order in which signals are read, after the database came to another server.

Signals are ordered by the number of the transaction that stored them, and a server counts its
transactions from its own beginning: what was restored elsewhere may be numbered beyond all that
comes there.
"""

from collections.abc import Sequence
from datetime import datetime

from thingdesk.platform.database import Transaction
from thingdesk.signals.model import Cursor

_IS_BEYOND = """
select exists (
    select from unnest($1::smallint[], $2::bigint[], $3::timestamptz[])
        as c (shard, tx, received_from)
    where greatest(c.tx, (select max(s.tx) from signal s
                          where s.shard = c.shard and s.received_at >= c.received_from))
          >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint)
"""
_PLACES = """
select c.shard, c.received_from, coalesce(
    (select min(s.id) - 1 from signal s
     where s.shard = c.shard and s.received_at >= c.received_from
       and (s.tx, s.id) > (c.tx, c.id)),
    (select max(s.id) from signal s
     where s.shard = c.shard and s.received_at >= c.received_from),
    c.id) as id
from unnest($1::smallint[], $2::bigint[], $3::bigint[], $4::timestamptz[])
    as c (shard, tx, id, received_from)
"""
_RENUMBER = """
update signal s set tx = 0
from unnest($1::smallint[], $2::timestamptz[]) as c (shard, received_from)
where s.shard = c.shard and s.received_at >= c.received_from
"""
_UNREAD_SINCE = """
select min(s.received_at)
from unnest($1::smallint[], $2::bigint[], $3::bigint[], $4::timestamptz[])
    as c (shard, tx, id, received_from)
cross join lateral (
    select received_at from signal
    where signal.shard = c.shard and (signal.tx, signal.id) > (c.tx, c.id)
      and signal.received_at >= c.received_from
    order by signal.tx, signal.id limit 1) as s
"""


async def is_beyond(tx: Transaction, cursors: Sequence[Cursor]) -> bool:
    """Whether what is stored, or has been read, is numbered beyond what this server gives out."""
    beyond: bool = await tx.fetchval(
        _IS_BEYOND,
        [one.shard for one in cursors],
        [one.tx for one in cursors],
        [one.received_from for one in cursors],
    )
    return beyond


async def reorder(tx: Transaction, cursors: Sequence[Cursor]) -> list[Cursor]:
    """Put what the cursors may yet read before all that comes, in the order of its ids.

    The cursors for that order come back. What had been read may be read once more, when it was
    stored later than something that had not been read.
    """
    shards = [one.shard for one in cursors]
    since = [one.received_from for one in cursors]
    places = await tx.fetch(
        _PLACES, shards, [one.tx for one in cursors], [one.id for one in cursors], since
    )
    await tx.execute(_RENUMBER, shards, since)
    return [Cursor(one["shard"], 0, one["id"], one["received_from"]) for one in places]


async def unread_since(tx: Transaction, cursors: Sequence[Cursor]) -> datetime | None:
    """When the oldest committed signal beyond the cursors came in; None: there is none."""
    since: datetime | None = await tx.fetchval(
        _UNREAD_SINCE,
        [one.shard for one in cursors],
        [one.tx for one in cursors],
        [one.id for one in cursors],
        [one.received_from for one in cursors],
    )
    return since
