"""The desk is killed in the middle of journeys, with all that it started, and goes on."""

from collections.abc import AsyncIterator

import httpx
import pytest
from tests.desk import DeskProcess, running
from tests.journeys.outside import Gate, Gated, settle_in
from tests.waiting import until

from thingdesk.platform import present
from thingdesk.platform.database import Database


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    return Gate(tmp_path_factory.mktemp("gate") / "gate")


@pytest.fixture(scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory, gate: Gate) -> AsyncIterator[DeskProcess]:
    """A desk with everything of its own."""
    folder = tmp_path_factory.mktemp("desk") / "desk"
    more = {"packs": "tests.journeys.gated_pack", "test_gate": gate.folder}
    async with running(folder, **more) as one:
        yield one


async def open_database(desk: DeskProcess) -> Database:
    return await Database.connect(present.read(desk.folder)["database"])


async def test_journeys_go_on_at_the_step_where_they_were(desk: DeskProcess, gate: Gate) -> None:
    database = await open_database(desk)
    await settle_in(database)
    async with httpx.AsyncClient(base_url=desk.http, timeout=20) as http:
        commanded, offered, working, proving, inside = [
            await Gated.report_one(database, http, gated=n == 4) for n in range(5)
        ]
        for one in (offered, working, proving):
            await one.stop()
        for one in (working, proving):
            await one.work()
        await proving.verifying()
        await offered.job()
        await inside.stop()
        killed = await gate.comes(0)
    assert killed == desk.pid
    await database.close()

    desk.kill()
    gate.open()
    await desk.start()

    database = await open_database(desk)
    async with httpx.AsyncClient(base_url=desk.http, timeout=20) as http:
        all_ = [commanded, offered, working, proving, inside]
        for one in all_:
            one.database, one.machine.http = database, http
            assert await one.machine.case_of(one.report) == str(one.id)
        await commanded.stop()
        for one in (commanded, offered, inside):
            await one.work()
        for one in all_:
            await one.recover()
            await one.is_verified_once()
    await database.close()
    assert gate.came() == [killed, desk.pid]
    assert "Traceback" not in desk.log(), desk.log()


async def test_the_doctor_finds_nothing_after_a_kill(desk: DeskProcess) -> None:
    code, said = await desk.command("doctor")
    assert code == 0, said
    assert "all hash chains hold" in said


async def test_killed_while_it_starts_it_starts_again(desk: DeskProcess) -> None:
    desk.kill()
    desk.spawn()

    async def starts() -> bool:
        return "Starting the desk" in desk.log()

    await until(starts)
    desk.kill()
    await desk.start()
    code, said = await desk.command("doctor")
    assert code == 0, said
