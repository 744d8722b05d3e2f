"""What a running desk says of itself to commands in the same data folder."""

import json
import os
from pathlib import Path

_NAME = "running.json"


def write(folder: Path, facts: dict[str, str]) -> None:
    """Note `facts`, for the account that runs the desk alone: they hold a password."""
    # processes that share out the roles of one desk may share its folder too
    part = folder / f".{_NAME}.{os.getpid()}.part"
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    part.write_text(json.dumps(facts))
    part.replace(folder / _NAME)


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
