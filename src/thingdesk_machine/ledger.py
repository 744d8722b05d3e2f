"""What a machine sent and received, and when: read from its queue, also while it runs."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from thingdesk_machine.envelope import Topic
from thingdesk_machine.errors import QueueUnreadable, Refusal
from thingdesk_machine.inbox import Status
from thingdesk_machine.incoming import refusal as read_refusal
from thingdesk_machine.outbox import Ending


@dataclass(frozen=True)
class EventRecord:
    """One event that went up; `ending` is None while it waits for its receipt.

    `receipt_at` is when the receipt was here and verified; `case` and `outcome` are what it said.
    """

    id: str
    topic: Topic
    hash: str
    queued_at: datetime
    sent_first: datetime | None
    attempts: int
    ending: Ending | None
    ended_at: datetime | None
    case: str | None
    outcome: Any
    refusal: Refusal | None

    @property
    def receipt_at(self) -> datetime | None:
        return self.ended_at if self.ending == "receipt" else None


@dataclass(frozen=True)
class NoticeRecord:
    """One notice that came down; `repeats` counts how often it came again."""

    id: str
    kind: str
    case: str | None
    data: dict[str, Any]
    first_at: datetime
    repeats: int
    handled_at: datetime | None
    words: str = ""


@dataclass(frozen=True)
class CommandRecord:
    id: str
    name: str
    case: str | None
    first_at: datetime
    repeats: int
    started_at: datetime | None
    ended_at: datetime | None
    status: Status | None
    detail: Any


class Ledger:
    """Reads a queue's file without disturbing the Machine that has it open."""

    def __init__(self, path: str | Path) -> None:
        """Raises QueueUnreadable."""
        uri = f"{Path(path).resolve().as_uri()}?mode=ro"
        try:
            self._db = sqlite3.connect(uri, uri=True)
        except sqlite3.Error as error:
            raise QueueUnreadable(f"{path} is no readable queue: {error}") from error
        try:
            self._db.execute("select 1 from event limit 1")
        except sqlite3.Error as error:
            self._db.close()
            raise QueueUnreadable(f"{path} is no readable queue: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._db.close()

    def events(self, topic: Topic | None = None) -> Iterator[EventRecord]:
        """In the order they were queued."""
        rows = self._db.execute(
            "select id, topic, hash, queued_at, sent_first, attempts, ending, ended_at, case_id, "
            "outcome, refusal from event where topic = coalesce(?, topic) order by seq",
            (topic,),
        )
        for row in rows:
            answer = json.loads(row[9]) if row[9] else {}
            yield EventRecord(
                id=row[0],
                topic=row[1],
                hash=row[2],
                queued_at=datetime.fromisoformat(row[3]),
                sent_first=_time(row[4]),
                attempts=row[5],
                ending=row[6],
                ended_at=_time(row[7]),
                case=row[8],
                outcome=answer.get("outcome"),
                refusal=read_refusal(json.loads(row[10])) if row[10] else None,
            )

    def notices(self) -> Iterator[NoticeRecord]:
        """In the order they first came."""
        rows = self._db.execute(
            "select id, body, first_at, repeats, handled_at from notice order by seq"
        )
        for notice, stored, first_at, repeats, handled_at in rows:
            body = json.loads(stored)
            yield NoticeRecord(
                notice,
                str(body.get("kind", "")),
                body.get("case"),
                body.get("data") or {},
                datetime.fromisoformat(first_at),
                repeats,
                _time(handled_at),
                str(body.get("words", "")),
            )

    def commands(self) -> Iterator[CommandRecord]:
        """In the order they first came."""
        rows = self._db.execute(
            "select id, body, first_at, repeats, started_at, ended_at, status, detail "
            "from command order by seq"
        )
        for command, stored, first_at, repeats, started_at, ended_at, status, detail in rows:
            body = json.loads(stored)
            yield CommandRecord(
                command,
                str(body.get("name", "")),
                body.get("case"),
                datetime.fromisoformat(first_at),
                repeats,
                _time(started_at),
                _time(ended_at),
                status,
                json.loads(detail) if detail else None,
            )

    def dropped(self) -> int:
        """How many signals made room for newer ones."""
        row = self._db.execute("select value from tally where name = 'dropped'").fetchone()
        return int(row[0])


def _time(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)
