"""What everybody wrote down for themselves: the ledgers that the desk is held against."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from thingdesk.demo.notes import read_notes
from thingdesk_machine import EventRecord, Ledger, NoticeRecord

Note = dict[str, Any]


@dataclass(frozen=True)
class Records:
    """`events` and `notices` are from the machines' own queues, `notes` from the JSON lines."""

    notes: tuple[Note, ...]
    events: dict[str, tuple[EventRecord, ...]]
    notices: dict[str, tuple[NoticeRecord, ...]]

    def of(self, *what: str) -> Iterator[Note]:
        return (one for one in self.notes if one["what"] in what)

    def receipted(self, topic: str) -> set[tuple[str, str]]:
        """The machines and events of this topic for which there is a verified receipt."""
        return {
            (machine, one.id)
            for machine, events in self.events.items()
            for one in events
            if one.topic == topic and one.ending == "receipt"
        }

    def count(self) -> str:
        """In a line, how much there was."""
        kinds = Counter(one["what"] for one in self.notes)
        return ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))


def read_records(folder: Path) -> Records:
    events, notices = {}, {}
    for path in sorted((folder / "queues").glob("*.queue")):
        with Ledger(path) as ledger:
            events[path.stem] = tuple(ledger.events())
            notices[path.stem] = tuple(ledger.notices())
    return Records(tuple(read_notes(folder / "notes")), events, notices)
