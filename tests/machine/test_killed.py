"""A machine's process is killed at any moment: nothing is lost, nothing is there twice."""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.machine.conftest import Site

from thingdesk_machine import Command

ROOT = Path(__file__).resolve().parents[2]


@contextlib.asynccontextmanager
async def process(site: Site, first: int, count: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """A client process that queues `count` signals; it is killed at the end, without warning."""
    folder = site.queue.parent
    if not (folder / "car-1.json").exists():
        site.identity.save(folder / "car-1.json")
        (folder / "desk.json").write_text(json.dumps(site.desk.keys))
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.machine.client"),
        *(str(folder), site.url, str(first), str(count)),
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield child
    finally:
        child.kill()
        await child.wait()


async def line(child: asyncio.subprocess.Process) -> str:
    assert child.stdout is not None
    async with asyncio.timeout(60):
        return (await child.stdout.readline()).decode().strip()


async def test_killed_between_queueing_and_receipt(site: Site) -> None:
    site.desk.silent = True
    async with process(site, 0, 20) as child:
        said = [await line(child) for _ in range(20)]
        await site.desk.has(lambda desk: desk.arrivals)
    before = len(site.desk.stored)
    site.desk.silent = False
    async with asyncio.timeout(60), site.machine() as machine:
        await machine.drained()
    assert [event for _, event in site.desk.stored] == said == [f"s{n}" for n in range(20)]
    assert site.desk.differing == []
    assert before > 0
    assert sum(map(len, site.desk.arrivals)) > 20, "some came again, with the same content"


@pytest.mark.parametrize("lines", [1, 7, 23])
async def test_killed_while_it_queues(site: Site, lines: int) -> None:
    """What `signal` returned for is at the desk in the end, in order, each time the same."""
    said: list[str] = []
    for round_ in range(3):
        async with process(site, round_ * 1000, 1000) as child:
            said += [await line(child) for _ in range(lines)]
    async with asyncio.timeout(60), site.machine() as machine:
        await machine.drained()
    stored = [event for _, event in site.desk.stored]
    assert [event for event in stored if event in said] == said
    assert stored == sorted(stored, key=lambda event: int(event[1:]))
    assert site.desk.differing == []


async def test_killed_in_the_middle_of_a_command(site: Site) -> None:
    """It is not carried out a second time: the desk hears that it was cut off."""
    async with process(site, 0, 0) as child:
        assert await line(child) == "connected"
        site.mqtt.command("car-1", "c1")
        assert await line(child) == "restarting"
    machine = site.machine()
    again = []

    @machine.on_command("restart")
    async def restart(command: Command) -> None:
        again.append(command)

    async with machine:
        (result,) = await site.desk.has(lambda desk: desk.of("result"))
    assert result["data"]["status"] == "failed"
    assert result["data"]["detail"]["code"] == "interrupted"
    assert again == []
