"""An agent in JavaScript, of A2A's own library, as the how-to writes it, gets a car repaired.

It verifies the card, and reads all that the desk writes.
"""

import asyncio
import email
import email.policy
import logging
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from tests.databases import ROOT
from tests.desk import DeskProcess, running
from tests.docs.pages import pages, titled
from tests.journeys.outside import HERE
from tests.outside import node
from tests.outside.issued import issued
from tests.parties.making import Signing, signing, unique
from tests.ports import free_port
from tests.saying import Caller, a_centre, event
from tests.waiting import until

from thingdesk import cases, fulfilment, parties
from thingdesk.access import Surface
from thingdesk.fulfilment import Evidence, JobState
from thingdesk.mandates import Terms
from thingdesk.parties import NewMachine, NewOwner
from thingdesk.platform.database import Database
from thingdesk_machine import Identity

pytestmark = [pytest.mark.timeout(300), pytest.mark.usefixtures("node")]
log = logging.getLogger(__name__)
LOOPBACK = {"webhook_networks": "127.0.0.0/8"}
REPAIRS = Terms(services=("vehicle.*",))
QUICK = "thingdesk.demo.pack"  # the same service, whose proof takes seconds
PAGE = "docs/how-to/connect-an-a2a-agent.md"
DESK, TOLD = "http://127.0.0.1:8080", "http://127.0.0.1:8090/told"


@dataclass
class Program:
    """The how-to's program while it runs."""

    process: asyncio.subprocess.Process
    said: list[str] = field(default_factory=list)

    async def hear(self) -> None:
        assert self.process.stdout
        async for line in self.process.stdout:
            self.said.append(line.decode().strip())

    async def says(self, word: str) -> str:
        """What follows this word in the first line that begins with it."""

        async def look() -> str:
            return next((one[len(word) :].strip() for one in self.said if one.startswith(word)), "")

        return await until(look, within=60)


@asynccontextmanager
async def program(
    folder: Path, desk: DeskProcess, car: Signing, hook: str, *, token: str = ""
) -> AsyncIterator[Program]:
    """The blocks of the page, one after the other, as one module, run as it says: with a token of
    the agent's own key file, unless it has another `token`.
    """
    blocks = re.findall(r"```js\n(.*?)```", pages()[PAGE], re.DOTALL)
    written = folder / "agent.mjs"
    (folder / "node_modules").symlink_to(node.MODULES)
    written.write_text("\n".join(blocks), encoding="utf-8")
    sign, start = titled(PAGE, "run").splitlines()
    for shown, ours in {DESK: desk.http, "=car-1": f"={car.machine}", TOLD: hook}.items():
        assert shown in start
        start = start.replace(shown, ours)
    tools = f"{Path(node.NODE).parent}:{Path(sys.executable).parent}"
    process = await asyncio.create_subprocess_exec(
        *("/bin/sh", "-ec", f"{f'TOKEN={token}' if token else sign}\nexec env {start}"),
        cwd=folder,
        env={"PATH": f"{tools}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT / "src")},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    one = Program(process)
    hearing = asyncio.create_task(one.hear())
    try:
        yield one
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await hearing
        log.info("it said:\n%s", "\n".join(one.said))


async def an_agent(database: Database, car: Signing) -> Signing:
    """An assistant of the owner of a car."""
    made, owner = signing(unique("assistant")), NewOwner(f"{car.machine}@example.org", "An Owner")
    async with database.transaction() as tx:
        await parties.register(
            tx,
            [
                NewMachine(car.machine, "car", "car", key=car.x, owner=owner, position=HERE),
                NewMachine(made.machine, "assistant", "assistant", key=made.x, owner=owner),
            ],
        )
    return made


def letters(folder: Path) -> list[str]:
    found = []
    for path in folder.glob("*.eml"):
        one = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        body = one.get_body(("plain",))
        found.append(str(body.get_content()) if body else "")
    return found


async def answer(desk: DeskProcess, option: str, *, answered: str = "") -> str:
    """The owner answers on the page that a mail names, but not on that which is `answered`; which
    page it was.
    """

    async def look() -> str:
        said = "\n".join(letters(desk.folder / "mail"))
        pages = re.findall(r"Open the page: (\S+)", said)
        return next((one for one in pages if one != answered), "")

    page = await until(look, within=60)
    async with httpx.AsyncClient(follow_redirects=True, timeout=30) as browser:
        shown = await browser.get(page)
        assert shown.status_code == httpx.codes.OK
        said = await browser.post(page, data={"option": option})
        assert "Thank you" in said.text, said.text
    return page


async def test_an_agent_gets_a_car_repaired_and_its_owner_approves(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    car = signing(unique("car"))
    agent = await an_agent(database, car)
    await a_centre(database)
    hook = f"http://127.0.0.1:{free_port()}/told"
    async with (
        running(tmp_path / "desk", database_url=database_url, packs=QUICK, **LOOPBACK) as desk,
        program(
            tmp_path,
            desk,
            car,
            hook,
            token=await issued(database, desk.http, agent, Surface.A2A, REPAIRS),
        ) as one,
    ):
        elsewhere = await issued(database, desk.http, agent, Surface.MCP, REPAIRS)
        await refused(desk, elsewhere, car)
        assert "vehicle.repair" in await one.says("skills")
        case = UUID(await one.says("case"))
        page = await one.says("owner")
        assert page.startswith(f"{desk.http}/question/")
        assert await one.says("push") == f"mine {hook}"
        answered = await answer(desk, "yes")
        desk.kill()
        await desk.start()
        assert await one.says("again")
        await answer(desk, "slot0", answered=answered)
        await finish(database, case)
        outcome = await proven(desk, car, one)
        assert '"outcome":"verified"' in outcome
        assert await asyncio.wait_for(one.process.wait(), 60) == 0
        told = [said for said in one.said if said.startswith("told ")]
        assert "TASK_STATE_COMPLETED" in told[-1]
    async with database.transaction() as tx:
        found = await cases.get(tx, case)
    assert found
    assert found.reporter == agent.machine
    assert found.reports == 1


async def test_an_agent_asks_with_its_own_key_as_the_page_says(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    car = signing(unique("car"))
    agent = await an_agent(database, car)
    Identity(agent.machine, agent.key).save(tmp_path / "agent-1.json")
    hook = f"http://127.0.0.1:{free_port()}/told"
    async with (
        running(tmp_path / "desk", database_url=database_url, packs=QUICK, **LOOPBACK) as desk,
        program(tmp_path, desk, car, hook) as one,
    ):
        case = UUID(await one.says("case"))
        assert await one.says("push") == f"mine {hook}"
    async with database.transaction() as tx:
        found = await cases.get(tx, case)
    assert found
    assert found.reporter == agent.machine


async def refused(desk: DeskProcess, token: str, car: Signing) -> None:
    """With a token for another surface the same program of theirs asks for nothing."""
    folder = desk.folder.with_name("refused")
    folder.mkdir()
    hook = f"http://127.0.0.1:{free_port()}/told"
    async with program(folder, desk, car, hook, token=token) as one:
        assert await asyncio.wait_for(one.process.wait(), 60) != 0
    assert not [said for said in one.said if said.startswith("case")]
    assert "401" in "\n".join(one.said)


async def finish(database: Database, case: UUID) -> None:
    """The centre accepts the job, and says that it is done."""

    async def offered() -> fulfilment.Job | None:
        async with database.transaction() as tx:
            jobs = await fulfilment.jobs_of(tx, case)
        return next((one for one in jobs if one.state is JobState.OFFERED), None)

    job = await until(offered, within=60)
    assert job
    async with database.transaction() as tx:
        await fulfilment.accept(tx, job.id, job.offer.provider)
    async with database.transaction() as tx:
        await fulfilment.done(tx, job.id, job.offer.provider, Evidence("Coil replaced."))


async def proven(desk: DeskProcess, car: Signing, one: Program) -> str:
    """The car drives, and says so until its signals have proven it; what the agent is told."""

    async with httpx.AsyncClient(base_url=desk.http, timeout=30) as http:
        caller = Caller(car, http)

        async def look() -> str:
            driving = {"values": {"speed": 50.0}, "codes": []}
            said = await caller.say("signals", event(car.machine, "signal", driving))
            assert said.status_code == httpx.codes.OK, said.text
            return next((each for each in one.said if each.startswith("outcome")), "")

        return await until(look, within=40)
