"""Which recording was replayed when, so that a repeat is the same to the byte.

The times of a recording are moved so that its last rows are at the moment of its first replay.
That moment is remembered: whoever replays the file again sends the same events with the same ids
and the same content, and so goes on where it ended. A new run (asked for, or because the file has
changed) has new machines: what the former ones observed stays theirs, and their rules, which have
seen the present, would rightly pass over what lies before it.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import file_digest
from pathlib import Path
from typing import Any

from thingdesk.platform import clock
from thingdesk.replay.recorded import Recorded, in_run, machine_in_run
from thingdesk.replay.times import ending_at


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a recording: the `number`th of this name, with its last rows at `ends`."""

    number: int
    ends: datetime

    def of(self, recorded: Iterable[Recorded]) -> list[Recorded]:
        """The rows as they are sent in this run."""
        return [
            replace(
                row,
                machine=machine_in_run(row.machine, self.number),
                event_id=in_run(row.event_id, self.number),
            )
            for row in ending_at(recorded, self.ends)
        ]


def find_run(folder: Path, file: Path, *, again: bool) -> Run:
    """The last run of this file, or a new one: the first, one that is asked for by `again`, or
    one because another file had this name.
    """
    notes = folder / "runs.json"
    known: dict[str, list[dict[str, Any]]] = json.loads(notes.read_text()) if notes.exists() else {}
    runs = known.setdefault(file.name, [])
    with file.open("rb") as content:
        digest = file_digest(content, "sha256").hexdigest()
    if again or not runs or runs[-1]["sha256"] != digest:
        runs.append({"sha256": digest, "ends": clock.now().isoformat()})
        part = notes.with_suffix(".part")
        part.write_text(json.dumps(known, indent=1))
        part.replace(notes)
    return Run(len(runs), datetime.fromisoformat(runs[-1]["ends"]))
