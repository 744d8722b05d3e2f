from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from thingdesk.platform import ids
from thingdesk.platform.database import Row, Transaction, columns
from thingdesk.timeline.model import FIRST, Entry, Kept, digest, link

_HEADS = """
insert into timeline_head (stream, seq, hash)
select stream, 0, ''::bytea from unnest($1::text[]) as t (stream)
on conflict (stream) do update set changed = true, moved = timeline_head.followed
returning stream, seq, hash
"""
_MOVE_HEADS = """
update timeline_head h set seq = t.seq, hash = t.hash
from unnest($1::text[], $2::integer[], $3::bytea[]) as t (stream, seq, hash)
where h.stream = t.stream
"""
_EVENTS = """
insert into timeline_event (stream, seq, at, kind, digest, hash)
select * from unnest($1::text[], $2::integer[], $3::timestamptz[],
                     $4::text[], $5::bytea[], $6::bytea[])
"""
_VALUES = """
insert into timeline_value (stream, seq, salt, value)
select * from unnest($1::text[], $2::integer[], $3::bytea[], $4::json[])
"""
# the page is cut out first: a join of the whole tables would be planned otherwise
_READ = """
select e.stream, e.seq, e.at, e.kind, v.value
from (select * from timeline_event where {which} limit $1) e
left join timeline_value v using (stream, seq) order by {order}
"""
_PAGE = _READ.format(
    which="stream = $2 and seq < $3 order by seq desc",
    order="e.seq",
)
_AFTER = _READ.format(
    which="stream = $2 and seq > $3 and kind = any($4) order by seq",
    order="e.seq",
)
_LATEST = """
select e.stream, e.seq, e.at, e.kind, v.value
from (select found.* from unnest($2::text[]) wanted cross join lateral (
          select * from timeline_event where kind = wanted order by at desc, seq desc limit $1
      ) found order by at desc, seq desc limit $1) e
left join timeline_value v using (stream, seq) order by e.at desc, e.seq desc
"""
_LATEST_OF = _READ.format(
    which="stream = $2 and ($3::text[] is null or kind = any($3)) order by seq desc",
    order="e.seq desc",
)
_OF_MANY = """
select e.stream, e.seq, e.at, e.kind, v.value
from unnest($1::text[]) wanted
join timeline_event e on e.stream = wanted and e.kind = any($2)
left join timeline_value v using (stream, seq) order by e.stream, e.seq
"""
_KEPT = """
select e.stream, e.seq, e.at, e.kind, e.digest, e.hash, v.salt, v.value
from (select * from timeline_event where (stream, seq) > ($1, $2) {upto}
      order by stream, seq limit $3) e
left join timeline_value v using (stream, seq) order by e.stream, e.seq
"""
# sorted, as those who append do it: nobody waits for somebody who waits for them
_FOLLOW = """
insert into timeline_head (stream, seq, hash, followed, moved)
select stream, 0, ''::bytea, true, true from unnest($1::text[]) as t (stream) order by stream
on conflict (stream) do update set followed = true
returning stream, seq
"""
_TAKE_MOVED = """
with marked as materialized (
    select stream from timeline_head where moved order by stream limit $1 for update skip locked
)
update timeline_head h set moved = false from marked m where h.stream = m.stream
returning h.stream
"""
LAST = 2**31 - 1
CHANNEL = "timeline"
"""The database channel that is notified when something was appended."""


@dataclass(frozen=True, slots=True)
class Pending:
    stream: str
    at: datetime
    kind: str
    text: str


async def write(tx: Transaction, items: list[Pending]) -> None:
    streams = sorted({item.stream for item in items})
    heads = {row["stream"]: (row["seq"], row["hash"]) for row in await tx.fetch(_HEADS, streams)}
    events: list[tuple[Any, ...]] = []
    values: list[tuple[Any, ...]] = []
    for item in items:
        seq, previous = heads[item.stream]
        salt = ids.salt()
        value = digest(salt, item.text)
        hashed = link(previous or FIRST, item.stream, seq + 1, item.at, item.kind, value)
        events.append((item.stream, seq + 1, item.at, item.kind, value, hashed))
        values.append((item.stream, seq + 1, salt, item.text))
        heads[item.stream] = seq + 1, hashed
    await tx.execute(_EVENTS, *columns(events))
    await tx.execute(_VALUES, *columns(values))
    await tx.execute(_MOVE_HEADS, *columns([(s, *heads[s]) for s in streams]))
    tx.notify(CHANNEL)


def _entry(row: Row) -> Entry:
    value = orjson.loads(row["value"]) if row["value"] is not None else None
    return Entry(row["stream"], row["seq"], row["at"], row["kind"], value)


async def read(
    tx: Transaction, stream: str, *, before: int | None = None, most: int = 500
) -> list[Entry]:
    """The newest entries of a stream, the oldest of them first; with `before` the newest of those
    that came before the entry with this number.
    """
    rows = await tx.fetch(_PAGE, most, stream, before or LAST)
    return [_entry(row) for row in rows]


async def after(
    tx: Transaction, stream: str, seq: int, most: int, kinds: Collection[str]
) -> list[Entry]:
    """The entries of these kinds after the one with this number, the oldest first."""
    rows = await tx.fetch(_AFTER, most, stream, seq, sorted(kinds))
    return [_entry(row) for row in rows]


async def newest(tx: Transaction, streams: Collection[str]) -> dict[str, int]:
    """The number of the newest entry of each of these streams."""
    rows = await tx.fetch(
        "select stream, seq from timeline_head where stream = any($1)", list(streams)
    )
    return {row["stream"]: row["seq"] for row in rows}


async def latest(tx: Transaction, most: int, kinds: Collection[str]) -> list[Entry]:
    """The newest entries of these kinds in all streams, the newest first."""
    rows = await tx.fetch(_LATEST, most, sorted(kinds))
    return [_entry(row) for row in rows]


async def latest_of(
    tx: Transaction, stream: str, most: int, kinds: Collection[str] | None = None
) -> list[Entry]:
    """The newest entries of one stream, the newest first; with `kinds` only those."""
    wanted = None if kinds is None else sorted(kinds)
    rows = await tx.fetch(_LATEST_OF, most, stream, wanted)
    return [_entry(row) for row in rows]


async def of_many(tx: Transaction, streams: Collection[str], kinds: Collection[str]) -> list[Entry]:
    """The entries of these kinds in these streams, by stream, the oldest first."""
    rows = await tx.fetch(_OF_MANY, sorted(set(streams)), sorted(kinds))
    return [_entry(row) for row in rows]


async def follow(tx: Transaction, streams: Collection[str]) -> dict[str, int]:
    """From now on `take_moved` names these streams when they grow; how many entries each has."""
    rows = await tx.fetch(_FOLLOW, sorted(set(streams)))
    return {row["stream"]: row["seq"] for row in rows}


async def take_moved(tx: Transaction, most: int) -> list[str]:
    """Followed streams that have grown since they were last taken; whoever takes them in `tx` has
    to keep in mind, in `tx`, that they did.
    """
    return [row["stream"] for row in await tx.fetch(_TAKE_MOVED, most)]


async def erase(tx: Transaction, stream: str, seqs: Sequence[int]) -> None:
    await tx.execute(
        "delete from timeline_value where stream = $1 and seq = any($2)", stream, list(seqs)
    )


async def erase_streams(tx: Transaction, streams: Sequence[str]) -> None:
    """Erase all values of these streams; the chains hold."""
    await tx.execute("delete from timeline_value where stream = any($1)", list(streams))


async def size(tx: Transaction) -> int:
    """How many entries there are."""
    number: int = await tx.fetchval("select coalesce(sum(seq), 0)::bigint from timeline_head")
    return number


async def head(tx: Transaction, stream: str) -> tuple[int, bytes] | None:
    row = await tx.fetchrow("select seq, hash from timeline_head where stream = $1", stream)
    return (row["seq"], row["hash"]) if row else None


async def heads(tx: Transaction, after: str, most: int) -> dict[str, tuple[int, bytes]]:
    """The heads of the streams after the one named `after`, in the order of their names."""
    rows = await tx.fetch(
        "select stream, seq, hash from timeline_head where stream > $1 order by stream limit $2",
        after,
        most,
    )
    return {row["stream"]: (row["seq"], row["hash"]) for row in rows}


async def kept(tx: Transaction, after: tuple[str, int], last: str | None, most: int) -> list[Kept]:
    """What is kept of the entries after (stream, seq), up to those of the stream `last`."""
    upto = [] if last is None else [last]
    sql = _KEPT.format(upto="and stream <= $4" if upto else "")
    rows = await tx.fetch(sql, *after, most, *upto)
    return [
        Kept(
            r["stream"],
            r["seq"],
            r["at"],
            r["kind"],
            r["digest"],
            r["hash"],
            None if r["value"] is None else (r["salt"], r["value"]),
        )
        for r in rows
    ]
