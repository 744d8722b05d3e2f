"""The how-to pages, done as a reader does them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.docs.pages import titled
from tests.docs.reader import reading

pytestmark = pytest.mark.timeout(300)


async def test_replay_a_recording(tmp_path: Path) -> None:
    page = "docs/how-to/replay-a-recording.md"
    start = datetime(2026, 11, 1, tzinfo=UTC)
    rows = [f"{start + n * timedelta(minutes=5):%Y-%m-%d %H:%M:%S},{80 + n % 3}" for n in range(50)]
    recording = tmp_path / "machine_temperature.csv"
    recording.write_text("\n".join(["timestamp,value", *rows, "never,80"]) + "\n")
    async with reading(tmp_path) as reader:
        desk = await reader.start(titled(page, "desk"))
        await desk.says("Ready", within=90)
        said = await reader.run(titled(page, "replay"))
        assert "line 52" in said
        assert not reader.left(page)
