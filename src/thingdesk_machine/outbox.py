"""The queue of what goes up, and its ledger: the only place with SQL on events."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from thingdesk_machine.envelope import Draft, Topic, stamp
from thingdesk_machine.errors import (
    DifferentContent,
    Dropped,
    QueueFull,
    Refusal,
    Refused,
)
from thingdesk_machine.incoming import refusal as read_refusal
from thingdesk_machine.receipts import Receipt

Ending = Literal["receipt", "refused", "dropped", "sent"]
Drop = Literal["never", "oldest"]


@dataclass(frozen=True)
class Queued:
    seq: int
    id: str
    body: str


@dataclass(frozen=True)
class Ended:
    """How an event ended: with a receipt, or with the error that its caller gets."""

    id: str
    result: Receipt | Refused | Dropped | None


@dataclass(frozen=True)
class Put:
    """What queueing did: `before` is how the same event ended earlier, `dropped` what gave way."""

    before: Ended | None = None
    dropped: Ended | None = None


def put(
    db: sqlite3.Connection, draft: Draft, now: datetime, *, limit: int, drop: Drop = "never"
) -> Put:
    """Queues an event once. Raises DifferentContent and QueueFull."""
    known = db.execute("select content, topic from event where id = ?", (draft.id,)).fetchone()
    if known is not None:
        if known != (draft.content, draft.topic):
            raise DifferentContent(f"event id {draft.id!r} was used for other content")
        return Put(before=ending(db, draft.id))
    dropped = None
    (count,) = db.execute("select value from tally where name = ?", (draft.topic,)).fetchone()
    if count >= limit:
        if drop == "never" or draft.topic != "signals":
            raise QueueFull(
                f"{count} {draft.topic} wait for their receipt: the queue takes no more"
            )
        dropped = _drop_oldest(db, now)
    _insert(db, draft, now)
    return Put(dropped=dropped)


def _insert(db: sqlite3.Connection, draft: Draft, now: datetime) -> None:
    db.execute(
        "insert into event (id, topic, body, hash, content, queued_at) values (?, ?, ?, ?, ?, ?)",
        (draft.id, draft.topic, draft.body, draft.hash, draft.content, stamp(now)),
    )


def _drop_oldest(db: sqlite3.Connection, now: datetime) -> Ended:
    (oldest,) = waiting(db, "signals", 1)
    db.execute(
        "update event set ended_at = ?, ending = 'dropped', body = null where seq = ?",
        (stamp(now), oldest.seq),
    )
    db.execute("update tally set value = value + 1 where name = 'dropped'")
    return Ended(oldest.id, _dropped(oldest.id))


def _dropped(event: str) -> Dropped:
    return Dropped(f"signal {event!r} made room for newer ones")


def again(db: sqlite3.Connection, draft: Draft, now: datetime) -> None:
    """Queues an acknowledgement or a result, or the same one once more."""
    reopened = db.execute(
        "update event set ended_at = null, ending = null where id = ?", (draft.id,)
    )
    if reopened.rowcount == 0:
        _insert(db, draft, now)


def waiting(db: sqlite3.Connection, topic: Topic, count: int) -> list[Queued]:
    """The oldest events of a topic that have no end yet, in the order they were queued."""
    rows = db.execute(
        "select seq, id, body from event where ended_at is null and topic = ? order by seq limit ?",
        (topic, count),
    )
    return [Queued(*row) for row in rows]


def sent(db: sqlite3.Connection, events: Sequence[Queued], now: datetime) -> None:
    at = stamp(now)
    db.executemany(
        "update event set attempts = attempts + 1, sent_first = coalesce(sent_first, ?) "
        "where seq = ?",
        [(at, event.seq) for event in events],
    )


def delivered(db: sqlite3.Connection, events: Sequence[Queued], now: datetime) -> None:
    """Ends events that need no receipt, because what they answer is repeated until they arrive."""
    db.executemany(
        "update event set ended_at = ?, ending = 'sent' where seq = ? and ended_at is null",
        [(stamp(now), event.seq) for event in events],
    )


def receipted(db: sqlite3.Connection, receipts: Iterable[Receipt], now: datetime) -> list[Ended]:
    """Ends the events whose hash the receipts name. Others, and repeats, change nothing."""
    return [Ended(receipt.event, receipt) for receipt in receipts if _receipted(db, receipt, now)]


def _receipted(db: sqlite3.Connection, receipt: Receipt, now: datetime) -> bool:
    changed = db.execute(
        "update event set ended_at = ?, ending = 'receipt', case_id = ?, outcome = ?, "
        "signed = case topic when 'reports' then ? end, "
        "body = case topic when 'signals' then null else body end "
        "where id = ? and hash = ? and ended_at is null",
        (
            stamp(now),
            receipt.case,
            json.dumps({"at": stamp(receipt.at), "outcome": receipt.outcome, "hops": receipt.hops}),
            receipt.signed,
            receipt.event,
            receipt.hash,
        ),
    )
    return changed.rowcount == 1


def refused(db: sqlite3.Connection, event: str, refusal: Refusal, now: datetime) -> Ended | None:
    """Ends an event with the desk's refusal, which is kept until it is read."""
    changed = db.execute(
        "update event set ended_at = ?, ending = 'refused', refusal = ? "
        "where id = ? and ended_at is null",
        (stamp(now), json.dumps(refusal.as_json()), event),
    )
    return Ended(event, Refused(event, refusal)) if changed.rowcount else None


def ending(db: sqlite3.Connection, event: str) -> Ended | None:
    row = db.execute(
        "select ending, hash, case_id, outcome, signed, refusal from event where id = ?", (event,)
    ).fetchone()
    if row is None or row[0] is None:
        return None
    kind, digest, case, answer, signed, said = row
    if kind == "refused":
        return Ended(event, Refused(event, read_refusal(json.loads(said))))
    if kind == "dropped":
        return Ended(event, _dropped(event))
    if kind == "sent":
        return Ended(event, None)
    stored = json.loads(answer)
    at = datetime.fromisoformat(stored["at"])
    hops = stored.get("hops", 0)  # a queue of before has none
    return Ended(event, Receipt(event, digest, at, case, stored["outcome"], signed or "", hops))


def open_count(db: sqlite3.Connection) -> int:
    rows = db.execute("select sum(value) from tally where name <> 'dropped'")
    return int(rows.fetchone()[0])


def unread_refusals(db: sqlite3.Connection) -> list[Refused]:
    rows = db.execute(
        "select id, refusal from event where ending = 'refused' and read_at is null order by seq"
    )
    return [Refused(event, read_refusal(json.loads(said))) for event, said in rows]


def mark_read(db: sqlite3.Connection, events: Iterable[str], now: datetime) -> None:
    db.executemany(
        "update event set read_at = ? where id = ?", [(stamp(now), event) for event in events]
    )


def trim(db: sqlite3.Connection, keep: int) -> None:
    """Forgets the oldest ended events beyond `keep`, never an unread refusal."""
    db.execute(
        "delete from event where ended_at is not null "
        "and not (ending = 'refused' and read_at is null) and seq <= "
        "(select seq from event where ended_at is not null order by seq desc limit 1 offset ?)",
        (keep,),
    )
