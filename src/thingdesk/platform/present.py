"""What a running desk says of itself to commands in the same data folder."""

import json
from pathlib import Path

from thingdesk.platform import private

_NAME = "running.json"


def write(folder: Path, facts: dict[str, str]) -> None:
    """Note `facts`, for the account that runs the desk alone: they hold a password."""
    private.write(folder / _NAME, json.dumps(facts).encode())


def add(folder: Path, facts: dict[str, str]) -> None:
    """Note further facts. Of several processes in one folder the last one's counts."""
    write(folder, read(folder) | facts)


def read(folder: Path) -> dict[str, str]:
    """The facts of the desk that runs in `folder`, or nothing."""
    try:
        facts: dict[str, str] = json.loads((folder / _NAME).read_text())
    except (OSError, ValueError):
        return {}
    return facts


def forget(folder: Path) -> None:
    """The desk does not run any more, or not yet."""
    (folder / _NAME).unlink(missing_ok=True)
