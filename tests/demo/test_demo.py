"""The real thing: `python -m thingdesk demo`, with all its processes."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest
from tests.waiting import until

from thingdesk import app
from thingdesk.demo.script import PLAN
from thingdesk.platform.settings import Settings

SOURCE = Path(__file__).resolve().parents[2] / "src"
pytestmark = pytest.mark.timeout(300)


@asynccontextmanager
async def demo(data: Path, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("THINGDESK_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "thingdesk", "demo", *arguments),
        env=own | {"PYTHONPATH": str(SOURCE), "THINGDESK_DATA_DIR": str(data)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def heard(process: asyncio.subprocess.Process, words: str) -> str:
    """All that it says up to a line with these words."""
    assert process.stdout
    said = ""
    while words not in said:
        line = await process.stdout.readline()
        assert line, said
        said += line.decode()
    return said


def row(said: str, name: str) -> list[str]:
    (found,) = re.findall(rf"│ {re.escape(name)} +│ +(.+?) +│", said)
    return re.findall(r"[\d.]+", found)


async def test_every_problem_becomes_one_case_with_the_end_that_it_should_have(
    tmp_path: Path,
) -> None:
    async with demo(tmp_path, "--exit") as process:
        said = (await process.communicate())[0].decode()
    assert process.returncode == 0, said
    assert "Nothing lost, nothing doubled, nothing left open" in said
    problems = len(PLAN.broken)
    assert row(said, "cases") == [str(problems)]
    assert row(said, "verified") == [str(problems - 1)]
    assert row(said, "refused") == [str(len(PLAN.refused))]
    assert int(row(said, "duplicates")[0]) > 9, "nine reports, and what came twice"
    assert int(row(said, "questions to owners")[0]) > problems / 2
    assert 0 < int(row(said, "zero-touch")[0]) < problems - 1
    for name in ("fault to receipt", "fault to case", "fault to dispatch"):
        middle, worst = map(float, row(said, name))
        assert 0 < middle < worst
    assert re.search(r"Console +http://127\.0\.0\.1:\d+\n", said)
    assert re.search(r"First staff +http://127\.0\.0\.1:\d+/set-up/\S+\n", said)
    assert list((tmp_path / "demo").iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
async def test_nobody_outlives_the_one_who_started_them(
    tmp_path: Path, number: signal.Signals
) -> None:
    async with demo(tmp_path) as process:
        await heard(process, "is case")
        others = psutil.Process(process.pid).children(recursive=True)
        assert len(others) > 8 + len(PLAN.providers)
        process.send_signal(number)

        async def are_gone() -> bool:
            return not any(one.is_running() and one.status() != "zombie" for one in others)

        await until(are_gone, within=60)
        await process.wait()
    if number == signal.SIGINT:
        assert process.returncode == 0
        assert list((tmp_path / "demo").iterdir()) == []


def test_the_demo_has_the_packs_services_with_other_times_and_no_more() -> None:
    usual = app.make_flow(Settings(packs=()))
    quick = app.make_flow(Settings(packs=("thingdesk.demo.pack",)))
    assert {one.name for one in usual.catalog} == {one.name for one in quick.catalog}
    assert usual.rules.keys() == quick.rules.keys()
    assert quick.catalog.get("vehicle.repair").version == "demo"
    assert quick.rules["equipment.too_cold"] == usual.rules["equipment.too_cold"]
