from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from thingdesk.platform import ids
from thingdesk.platform.database import Row, Transaction
from thingdesk.timeline.model import FIRST, Entry, Link, digest, link

_HEADS = """
insert into timeline_head (stream, seq, hash)
select stream, 0, ''::bytea from unnest($1::text[]) as t (stream)
on conflict (stream) do update set seq = timeline_head.seq
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
_READ = """
select e.stream, e.seq, e.at, e.kind, v.value
from timeline_event e left join timeline_value v using (stream, seq)
"""
_LATEST = """
where $2::text[] is null or e.kind = any($2) order by e.at desc, e.seq desc limit $1
"""

_LATEST_OF = """
where e.stream = $1 and ($3::text[] is null or e.kind = any($3)) order by e.seq desc limit $2
"""


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
    await tx.execute(_EVENTS, *_columns(events))
    await tx.execute(_VALUES, *_columns(values))
    await tx.execute(_MOVE_HEADS, *_columns([(s, *heads[s]) for s in streams]))
    tx.notify("timeline")


def _columns(rows: list[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _entry(row: Row) -> Entry:
    value = orjson.loads(row["value"]) if row["value"] is not None else None
    return Entry(row["stream"], row["seq"], row["at"], row["kind"], value)


async def read(tx: Transaction, stream: str) -> list[Entry]:
    rows = await tx.fetch(_READ + "where e.stream = $1 order by e.seq", stream)
    return [_entry(row) for row in rows]


async def latest(tx: Transaction, most: int, kinds: Collection[str] | None = None) -> list[Entry]:
    """The newest entries of all streams, the newest first; with `kinds` only those."""
    wanted = None if kinds is None else sorted(kinds)
    rows = await tx.fetch(_READ + _LATEST, most, wanted)
    return [_entry(row) for row in rows]


async def latest_of(
    tx: Transaction, stream: str, most: int, kinds: Collection[str] | None = None
) -> list[Entry]:
    """The newest entries of one stream, the newest first; with `kinds` only those."""
    wanted = None if kinds is None else sorted(kinds)
    rows = await tx.fetch(_READ + _LATEST_OF, stream, most, wanted)
    return [_entry(row) for row in rows]


async def erase(tx: Transaction, stream: str, seqs: Sequence[int]) -> None:
    await tx.execute(
        "delete from timeline_value where stream = $1 and seq = any($2)", stream, list(seqs)
    )


async def streams(tx: Transaction) -> AsyncIterator[str]:
    after = ""
    while rows := await tx.fetch(
        "select stream from timeline_head where stream > $1 order by stream limit 500", after
    ):
        for row in rows:
            yield row["stream"]
        after = rows[-1]["stream"]


async def head(tx: Transaction, stream: str) -> tuple[int, bytes] | None:
    row = await tx.fetchrow("select seq, hash from timeline_head where stream = $1", stream)
    return (row["seq"], row["hash"]) if row else None


async def links(tx: Transaction, stream: str) -> list[tuple[Link, bytes | None, str | None]]:
    rows = await tx.fetch(
        "select e.*, v.salt, v.value from timeline_event e left join timeline_value v"
        " using (stream, seq) where e.stream = $1 order by e.seq",
        stream,
    )
    return [
        (
            Link(r["stream"], r["seq"], r["at"], r["kind"], r["digest"], r["hash"]),
            r["salt"],
            r["value"],
        )
        for r in rows
    ]
