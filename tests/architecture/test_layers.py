"""The import rules of .importlinter hold, and each of them can fail."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / ".importlinter"
LINT = """
import sys
from importlinter.cli import lint_imports

sys.exit(lint_imports(no_cache=True, no_logo=True))
"""


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LINT],
        cwd=root,
        env={"PYTHONPATH": str(root / "src"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def plant(root: Path, files: dict[str, str]) -> None:
    """A small project under the real rules: the given modules, and the packages they are in."""
    (root / RULES.name).write_text(RULES.read_text())
    always = {
        "thingdesk/platform/clock.py": "",
        "thingdesk/fulfilment/effects.py": "",
        "thingdesk_machine/queue.py": "",
    }
    for name, text in (always | files).items():
        file = root / "src" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    for folder in (root / "src").glob("**/"):
        if folder != root / "src":
            (folder / "__init__.py").touch()


def test_the_import_rules_hold() -> None:
    answer = lint(ROOT)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_a_project_that_keeps_the_rules_passes(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {
            "thingdesk/cases/open.py": "from thingdesk.platform import clock",
            "thingdesk/channels/mqtt/link.py": "from thingdesk.cases import open",
            "thingdesk/demo/fleet.py": "import thingdesk_machine.queue",
            "thingdesk/journeys/act.py": "from thingdesk.fulfilment import effects",
        },
    )
    answer = lint(tmp_path)
    assert answer.returncode == 0, answer.stdout + answer.stderr


BROKEN = {
    "a stage calls forwards": (
        {
            "thingdesk/cases/open.py": "from thingdesk.notices import tell",
            "thingdesk/notices/tell.py": "",
        },
        "thingdesk.cases is not allowed to import thingdesk.notices",
    ),
    "a package that is not placed": (
        {"thingdesk/chatter/talk.py": ""},
        "- thingdesk.chatter",
    ),
    "a cycle inside a stage": (
        {
            "thingdesk/cases/open.py": "from thingdesk.cases import close",
            "thingdesk/cases/close.py": "from thingdesk.cases import open",
        },
        "No module is in an import cycle BROKEN",
    ),
    "a channel knows another": (
        {
            "thingdesk/channels/mqtt/link.py": "from thingdesk.channels.http import link",
            "thingdesk/channels/http/link.py": "",
        },
        "thingdesk.channels.mqtt is not allowed to import thingdesk.channels.http",
    ),
    "a channel knows a pack": (
        {
            "thingdesk/channels/mqtt/link.py": "from thingdesk.packs.meter import bill",
            "thingdesk/packs/meter/bill.py": "",
        },
        "thingdesk.channels.mqtt.link -> thingdesk.packs.meter.bill",
    ),
    "the machine's library knows the desk": (
        {"thingdesk_machine/queue.py": "from thingdesk.platform import clock"},
        "thingdesk_machine is not allowed to import thingdesk",
    ),
    "a page reaches an effect": (
        {"thingdesk/web/wall.py": "from thingdesk.fulfilment import effects"},
        "Illegal imports of protected package thingdesk.fulfilment.effects",
    ),
    "a stage plays a machine": (
        {"thingdesk/cases/open.py": "import thingdesk_machine.queue"},
        "Illegal imports of protected package thingdesk_machine",
    ),
}


@pytest.mark.parametrize(("files", "complaint"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_rule_is_found(tmp_path: Path, files: dict[str, str], complaint: str) -> None:
    plant(tmp_path, files)
    answer = lint(tmp_path)
    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert complaint in answer.stdout
