"""What a Python that does not fit says of itself is passed on, to whoever named it."""

import subprocess
import sys
from pathlib import Path

from tests.architecture.source import ROOT


def find(*named: str, path: str = "/usr/bin:/bin") -> subprocess.CompletedProcess[str]:
    command = ["/bin/sh", str(ROOT / "scripts" / "find_python.sh"), *named]
    return subprocess.run(
        command, env={"PATH": path}, capture_output=True, text=True, timeout=60, check=False
    )


def script(folder: Path, name: str, lines: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{lines}\n")
    path.chmod(0o755)
    return path


def test_what_a_named_python_says_is_passed_on(tmp_path: Path) -> None:
    words = "pyenv: python3.12: command not found"
    shim = script(
        tmp_path, "python3.12", f"echo '{words}' >&2\necho 'It exists in: 3.12.1'\nexit 127"
    )
    found = find(str(shim))
    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr.startswith(f"{words}\nIt exists in: 3.12.1\n\n{shim} is no Python 3.11,")


def test_a_python_that_fits_is_found_and_nothing_else_said(tmp_path: Path) -> None:
    script(tmp_path, "python3.11", "echo nothing >&2\nexit 127")
    script(tmp_path, "python3.12", f'exec {sys.executable} "$@"')
    found = find(path=f"{tmp_path}:/usr/bin:/bin")
    assert (found.stdout, found.stderr) == (f"{tmp_path}/python3.12\n", "")
