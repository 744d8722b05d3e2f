"""The real thing: `python -m thingdesk demo`, with all its processes."""

import asyncio
import os
import re
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path

import psutil
import pytest
from tests.waiting import until

from thingdesk import app
from thingdesk.cases import Outcome
from thingdesk.demo.play import playing
from thingdesk.demo.script import PLAN
from thingdesk.demo.tally import Tally
from thingdesk.platform.settings import Settings
from thingdesk.web.staff import wall

SOURCE = Path(__file__).resolve().parents[2] / "src"
DAMAGE = """
update event set ending = 'dropped' where topic = 'reports' and ending = 'receipt'
"""
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
    (found,) = re.findall(rf"│ +{re.escape(name)} +│ +(.+?) +│", said)
    return re.findall(r"[\d.]+", found)


def numbers(said: str, name: str) -> list[int]:
    """The counts of all rows of that name; what is in their words is none."""
    found = re.findall(rf"│ +{re.escape(name)} +│ +(\d+) │", said)
    return [int(one) for one in found]


ADD_UP = {
    "reports": ("answered at once", "about a problem", "refused reports"),
    "problems": ("cases",),
    "cases": ("verified", "refused cases"),
    "verified": ("zero-touch", "permitted"),
    "questions to owners": ("which date", "yes or no"),
}


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
    assert row(said, "about a problem") == ["11"]
    assert "2 problems, and 9 duplicates" in said
    assert int(row(said, "sent twice")[0]) > 0
    assert int(row(said, "questions to owners")[0]) > problems / 2
    assert 0 < int(row(said, "zero-touch")[0]) < problems - 1
    for whole, parts in ADD_UP.items():
        known = [number for name in parts for number in numbers(said, name)]
        assert numbers(said, whole)[0] == sum(known), (whole, parts, said)
    times = re.findall(r"^(\d\d:\d\d:\d\d)  ", said, re.MULTILINE)
    assert len(times) > 4 * problems
    assert times == sorted(times)
    for name in ("fault to receipt", "fault to case", "fault to dispatch"):
        middle, worst = map(float, row(said, name))
        assert 0 < middle < worst
    assert re.search(r"Console +http://127\.0\.0\.1:\d+\n", said)
    assert re.search(r"First staff +staff@example.org, .* http://[\d.:]+/set-up/\S+\n", said)
    assert list((tmp_path / "demo").iterdir()) == []


def damage(folder: Path) -> bool:
    """Whether a report of car-11 that had its receipt has none any more."""
    for ledger in folder.glob("demo/run-*/queues/car-11.queue"):
        with suppress(sqlite3.OperationalError), closing(sqlite3.connect(ledger)) as file, file:
            return file.execute(DAMAGE).rowcount > 0
    return False


async def test_what_was_lost_is_said_and_fails_the_command(tmp_path: Path) -> None:
    """A machine's ledger, damaged from outside, says of its report that it never left."""

    async def damaged() -> bool:
        return damage(tmp_path)

    async with demo(tmp_path, "--exit") as process:
        saying = asyncio.create_task(process.communicate())
        await until(damaged, within=120)
        said = (await saying)[0].decode()
    assert process.returncode == 1, said
    assert re.search(r"lost: 1 events of car-11, the first is \S+", said), said
    assert "Nothing lost" not in said
    assert re.search(r"What everybody wrote is in \S+/demo/run-", said)
    assert len(list((tmp_path / "demo").iterdir())) == 1, "it is there to be looked at"


async def test_it_goes_on_and_the_console_counts_as_everybody_noted(tmp_path: Path) -> None:
    stop = asyncio.Event()
    async with playing(PLAN, tmp_path) as play:
        await play.begin()
        await play.until_over(lambda _: None, stop)
        noted = await play.quiet()
        assert noted.wrong == ()
        settings = Settings(data_dir=tmp_path / "desk", database_url=None)
        async with app.database(settings) as database, database.transaction() as tx:
            shown = (await wall.look(tx)).counts
        assert shown.ended[Outcome.VERIFIED] == len(noted.verified)
        assert shown.ended[Outcome.REFUSED] == noted.outcomes["refused"]
        assert shown.zero_touch == noted.zero_touch / len(noted.verified)

        def until_more_is_verified(now: Tally) -> None:
            if len(now.verified) > len(noted.verified) + 1:
                stop.set()

        async with asyncio.timeout(120):
            await play.go_on(until_more_is_verified, stop)


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
