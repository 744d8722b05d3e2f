"""`python -m thingdesk_machine token`: a token for a terminal, of the key file alone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.databases import ROOT

from thingdesk import parties
from thingdesk.parties import NewMachine
from thingdesk.platform.database import Database
from thingdesk_machine import Identity


def token(file: Path) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("THINGDESK")}
    return subprocess.run(
        [sys.executable, "-m", "thingdesk_machine", "token", str(file)],
        cwd=file.parent,
        env=clean | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )


async def test_the_desk_knows_the_machine_by_what_is_printed(
    database: Database, tmp_path: Path
) -> None:
    identity = Identity.create("token-1")
    identity.save(tmp_path / "token-1.json")
    said = token(tmp_path / "token-1.json")
    assert (said.returncode, said.stderr) == (0, "")
    async with database.transaction() as tx:
        key = identity.public_jwk["x"]
        await parties.register(tx, [NewMachine("token-1", "car", key=key)])
        assert await parties.check_tokens(tx, [said.stdout.strip()]) == ["token-1"]


@pytest.mark.parametrize("text", [None, "", "{}", "[]", '{"machine": "car-1", "key": {}}'])
def test_what_is_no_identity_is_said_in_a_line(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "car-1.json"
    if text is not None:
        file.write_text(text)
    said = token(file)
    assert said.returncode == 1
    assert said.stdout == ""
    assert said.stderr.startswith(f"{file} is no identity of a machine")
    assert said.stderr.count("\n") == 1
