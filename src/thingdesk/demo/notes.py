"""A ledger that somebody keeps for themselves: a line of JSON for each thing that they did."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from thingdesk.platform import clock


class Notes:
    """Appends to a file; another process may read it at the same time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def note(self, what: str, **facts: Any) -> None:
        """Write down what happened now."""
        line = json.dumps({"what": what, "at": clock.now().isoformat(), **facts})
        with self._path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")


def read_notes(folder: Path) -> Iterator[dict[str, Any]]:
    """What was noted in all ledgers of a folder so far; a half line is not there yet."""
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
            if line.endswith("\n"):
                noted = json.loads(line)
                yield {**noted, "at": datetime.fromisoformat(noted["at"]), "who": path.stem}
