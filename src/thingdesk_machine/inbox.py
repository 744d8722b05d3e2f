"""What came down and what became of it: the only place with SQL on notices and commands."""

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from thingdesk_machine.envelope import stamp

MOST_OPEN = 10_000
"""Beyond it nothing new is taken: the desk repeats what was not acknowledged."""

Status = Literal["done", "refused", "failed", "expired", "recalled"]


@dataclass(frozen=True)
class Taken:
    """What a repeat has to be answered with, if it can be yet: when it was handled, and how."""

    new: bool
    ended_at: datetime | None = None
    status: Status | None = None
    detail: Any = None


@dataclass(frozen=True)
class Stored:
    id: str
    body: dict[str, Any]
    first_at: datetime
    started: bool = False


def take_notice(db: sqlite3.Connection, notice: str, body: Any, now: datetime) -> Taken:
    known = db.execute("select handled_at from notice where id = ?", (notice,)).fetchone()
    if known is None and _full(db, "select count(*) from notice where handled_at is null"):
        return Taken(new=False)
    if known is None:
        db.execute(
            "insert into notice (id, body, first_at) values (?, ?, ?)",
            (notice, json.dumps(body), stamp(now)),
        )
        return Taken(new=True)
    db.execute("update notice set repeats = repeats + 1 where id = ?", (notice,))
    return Taken(new=False, ended_at=_time(known[0]))


def next_notice(db: sqlite3.Connection, after: int) -> tuple[int, Stored] | None:
    """The first notice behind `after` that was not handled, with its place in the order."""
    row = db.execute(
        "select seq, id, body, first_at from notice where handled_at is null and seq > ? "
        "order by seq limit 1",
        (after,),
    ).fetchone()
    if row is None:
        return None
    return row[0], Stored(row[1], json.loads(row[2]), datetime.fromisoformat(row[3]))


def handled(db: sqlite3.Connection, notice: str, now: datetime) -> bool:
    """Whether this was the first time that the notice was called handled."""
    changed = db.execute(
        "update notice set handled_at = ? where id = ? and handled_at is null",
        (stamp(now), notice),
    )
    return changed.rowcount == 1


def take_command(db: sqlite3.Connection, command: str, body: Any, now: datetime) -> Taken:
    known = db.execute(
        "select ended_at, status, detail from command where id = ?", (command,)
    ).fetchone()
    if known is None and _full(db, "select count(*) from command where ended_at is null"):
        return Taken(new=False)
    if known is None:
        db.execute(
            "insert into command (id, body, first_at) values (?, ?, ?)",
            (command, json.dumps(body), stamp(now)),
        )
        return Taken(new=True)
    db.execute("update command set repeats = repeats + 1 where id = ?", (command,))
    ended_at, status, detail = known
    return Taken(False, _time(ended_at), status, None if detail is None else json.loads(detail))


def next_command(db: sqlite3.Connection) -> Stored | None:
    row = db.execute(
        "select id, body, first_at, started_at from command where ended_at is null "
        "order by seq limit 1"
    ).fetchone()
    if row is None:
        return None
    first_at = datetime.fromisoformat(row[2])
    return Stored(row[0], json.loads(row[1]), first_at, started=row[3] is not None)


def recall_command(db: sqlite3.Connection, command: str, now: datetime) -> Taken | None:
    """How the command ended, by this or before; None when it has begun and has no end yet.

    One that was never here is kept as recalled: a repeat of it may still be under way.
    """
    db.execute(
        "insert into command (id, body, first_at) values (?, '{}', ?) on conflict do nothing",
        (command, stamp(now)),
    )
    db.execute(
        "update command set ended_at = ?, status = 'recalled' "
        "where id = ? and started_at is null and ended_at is null",
        (stamp(now), command),
    )
    ended_at, status, detail = db.execute(
        "select ended_at, status, detail from command where id = ?", (command,)
    ).fetchone()
    if ended_at is None:
        return None
    return Taken(False, _time(ended_at), status, None if detail is None else json.loads(detail))


def start_command(db: sqlite3.Connection, command: str, now: datetime) -> bool:
    """Whether it may begin: it may have been recalled meanwhile."""
    started = db.execute(
        "update command set started_at = ? where id = ? and ended_at is null",
        (stamp(now), command),
    )
    return started.rowcount == 1


def end_command(
    db: sqlite3.Connection, command: str, status: Status, detail: Any, now: datetime
) -> bool:
    """Whether this is the command's first result: later ones change nothing."""
    changed = db.execute(
        "update command set ended_at = ?, status = ?, detail = ? where id = ? and ended_at is null",
        (stamp(now), status, json.dumps(detail), command),
    )
    return changed.rowcount == 1


def trim(db: sqlite3.Connection, keep: int) -> None:
    """Forgets the oldest notices and commands that were dealt with, beyond `keep` of each."""
    for table, column in (("notice", "handled_at"), ("command", "ended_at")):
        db.execute(
            f"delete from {table} where {column} is not null and seq <= "  # noqa: S608 - constants
            f"(select seq from {table} order by seq desc limit 1 offset ?)",
            (keep,),
        )


def _full(db: sqlite3.Connection, count: str) -> bool:
    return bool(db.execute(count).fetchone()[0] >= MOST_OPEN)


def _time(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)
