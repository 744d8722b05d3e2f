"""In CI a skipped test is a failed test; elsewhere it says why it was skipped."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SKIPPING = {
    "a test": "import pytest\ndef test_one(): pytest.skip('no recording here')\n",
    "a module": "import pytest\npytest.skip('no recording here', allow_module_level=True)\n",
}


def run(folder: Path, text: str, **environment: str) -> subprocess.CompletedProcess[str]:
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "test_planted.py").write_text(text)
    inherited = {k: v for k, v in os.environ.items() if k != "THINGDESK_NOTHING_SKIPS"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.nothing_skips", "-rs", "test_planted.py"],
        cwd=folder,
        env=inherited | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("text", SKIPPING.values(), ids=SKIPPING.keys())
def test_a_skip_fails_in_ci(tmp_path: Path, text: str) -> None:
    answer = run(tmp_path, text, THINGDESK_NOTHING_SKIPS="1")
    assert answer.returncode != 0
    assert "nothing is skipped here, but this was: Skipped: no recording here" in answer.stdout


def test_a_skip_is_told_elsewhere(tmp_path: Path) -> None:
    answer = run(tmp_path, SKIPPING["a test"])
    assert answer.returncode == 0, answer.stdout
    assert "no recording here" in answer.stdout


def test_an_expected_failure_is_no_skip(tmp_path: Path) -> None:
    text = "import pytest\n@pytest.mark.xfail\ndef test_one(): assert False\n"
    answer = run(tmp_path, text, THINGDESK_NOTHING_SKIPS="1")
    assert answer.returncode == 0, answer.stdout
