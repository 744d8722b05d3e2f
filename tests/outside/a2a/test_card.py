"""What a checker of the protocol that nobody here wrote says of the card of a running desk."""

import asyncio
import sys
from pathlib import Path

import pytest
from tests.desk import DeskProcess, running

pytestmark = pytest.mark.timeout(300)


async def checked(desk: DeskProcess, *command: str) -> tuple[int | None, str]:
    """What `a2aops` says, and with which status it ends."""
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("a2aops"),
        *command,
        desk.http,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode, said.decode()


async def test_the_card_is_one_of_a2a_1_and_needs_no_migration(tmp_path: Path) -> None:
    async with running(tmp_path / "desk") as desk:
        code, said = await checked(desk, "compat")
        assert code == 0, said
        assert "detected card version: 1.0" in said
        marks = [line[1:2] for line in said.splitlines() if line.startswith("[")]
        assert marks.count("✓") == 5, said
        assert set(marks) <= {"✓", "•"}, said
        code, said = await checked(desk, "card", "check")
        assert code == 0, said
        assert "ERROR" not in said
