from collections.abc import Sequence

from thingdesk.platform.database import Row, Transaction
from thingdesk.timeline.model import Checkpoint, Head

_LOCK = 7_413_302_131
# whoever appends at this moment holds the head's row: it is passed over, and keeps its mark
_TAKE = """
with marked as materialized (
    select stream from timeline_head where changed order by stream limit $1
    for update skip locked
)
update timeline_head h set changed = false from marked m where h.stream = m.stream
returning h.stream, h.seq, h.hash
"""
_SELECT = """
select number, at, previous, root, signed, streams, seqs, hashes from timeline_checkpoint
"""
_MISSED = """
select c.number, h.stream, h.seq, e.hash is not null as there
from timeline_checkpoint c
cross join unnest(c.streams, c.seqs, c.hashes) as h (stream, seq, hash)
left join timeline_event e on e.stream = h.stream and e.seq = h.seq
where c.number between $1 and $2 and e.hash is distinct from h.hash
order by c.number, h.stream limit $3
"""


async def alone(tx: Transaction) -> bool:
    """Whether nobody else makes a checkpoint until this transaction ends."""
    free: bool = await tx.fetchval("select pg_try_advisory_xact_lock($1)", _LOCK)
    return free


async def newest(tx: Transaction) -> Checkpoint | None:
    row = await tx.fetchrow(f"{_SELECT} order by number desc limit 1")
    return _checkpoint(row) if row else None


async def get(tx: Transaction, number: int) -> Checkpoint | None:
    row = await tx.fetchrow(f"{_SELECT} where number = $1", number)
    return _checkpoint(row) if row else None


async def after(tx: Transaction, number: int, most: int) -> list[Checkpoint]:
    """The next ones after this number, in order."""
    rows = await tx.fetch(f"{_SELECT} where number > $1 order by number limit $2", number, most)
    return [_checkpoint(row) for row in rows]


async def take_changed(tx: Transaction, most: int) -> list[Head]:
    """The heads of streams that have changed, by their names; from now on they have not."""
    rows = await tx.fetch(_TAKE, most)
    return sorted(Head(row["stream"], row["seq"], row["hash"]) for row in rows)


async def add(tx: Transaction, one: Checkpoint) -> None:
    await tx.execute(
        "insert into timeline_checkpoint values ($1, $2, $3, $4, $5, $6, $7, $8)",
        one.number,
        one.at,
        one.previous,
        one.root,
        one.signed,
        [head.stream for head in one.heads],
        [head.seq for head in one.heads],
        [head.hash for head in one.heads],
    )


async def missed(
    tx: Transaction, first: int, last: int, most: int
) -> Sequence[tuple[int, Head, bool]]:
    """What checkpoints from `first` to `last` name and the timeline does not have as it was: the
    checkpoint's number, where that entry should be, and whether another one is there.
    """
    rows = await tx.fetch(_MISSED, first, last, most)
    return [(row["number"], Head(row["stream"], row["seq"], b""), row["there"]) for row in rows]


def _checkpoint(row: Row) -> Checkpoint:
    heads = zip(row["streams"], row["seqs"], row["hashes"], strict=True)
    return Checkpoint(
        row["number"],
        row["at"],
        row["previous"],
        row["root"],
        row["signed"],
        tuple(Head(*one) for one in heads),
    )
