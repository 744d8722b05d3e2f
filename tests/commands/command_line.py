"""The command, as an operator runs it in a folder."""

import subprocess
import sys
from pathlib import Path

from tests.architecture.source import ROOT


def thingdesk(
    folder: Path, *words: str, secrets: str = "", **settings: str
) -> subprocess.CompletedProcess[str]:
    given = {f"THINGDESK_{name}": one for name, one in settings.items()}
    secret = {"CREDENTIALS_DIRECTORY": secrets} if secrets else {}
    return subprocess.run(
        [sys.executable, "-m", "thingdesk", *words],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT / "src"), "PATH": "/usr/bin:/bin", **given, **secret},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
