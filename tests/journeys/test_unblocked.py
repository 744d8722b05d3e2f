"""The whole desk in one process, on one event loop, which nothing in it blocks.

But for what a process reads once and keeps: templates, and the zones of owners.
"""

import asyncio
import email
import email.policy
import re
from pathlib import Path

import httpx
import pytest
from blockbuster import blockbuster_ctx
from tests import whose
from tests.line import line
from tests.ports import free_port
from tests.saying import Caller, a_caller, a_centre, event, report
from tests.waiting import until
from tests.web.people import PASSWORD
from tests.web.site import GENEROUS

from thingdesk import mandates, parties
from thingdesk.app import Desk, running
from thingdesk.parties import Role
from thingdesk.platform.database import Database
from thingdesk.platform.settings import Settings

PAGES = ("", "cases", "machines", "owners", "providers", "services", "policy")


async def mailed(folder: Path, path: str, case: str) -> str:
    """The link to a page of this kind in a mail about the case."""

    def look() -> str | None:
        for letter in sorted(folder.rglob("*.eml"), reverse=True):
            read = email.message_from_bytes(letter.read_bytes(), policy=email.policy.default)
            body = read.get_body(("plain",))
            assert body
            link = re.search(rf"https?://[^/\s]+(/{path}/\S+)", body.get_content())
            if link and case in str(read["References"]):
                return link[1]
        return None

    async def arrived() -> str | None:
        return await asyncio.to_thread(look)

    found = await until(arrived)
    assert found
    return found


async def staff(database: Database, http: httpx.AsyncClient) -> None:
    """A session of one of the staff."""
    async with database.transaction() as tx:
        person = await parties.add_staff(tx, "loop@example.org", "Loop", [Role.ADMIN])
        token = await parties.set_up_link(tx, person.id)
    given = {"password": PASSWORD, "again": PASSWORD}
    answer = await http.post(f"/set-up/{token}", data=given)
    assert answer.status_code in {200, 303}, answer.text
    answer = await http.post("/log-in", data={"email": "loop@example.org", "password": PASSWORD})
    assert answer.status_code == httpx.codes.SEE_OTHER, answer.text


async def a_car(database: Database, http: httpx.AsyncClient) -> Caller:
    """Whose owner is asked for nothing but a date."""
    car = await a_caller(database, http)
    async with database.transaction() as tx:
        owner = await whose.owner_of(tx, car.id)
        assert owner
        await mandates.grant(tx, owner.id, GENEROUS)
    return car


async def journey(desk: Desk, car: Caller) -> None:
    """A report, the owner's choice, the work, the proof: all from outside."""
    http, mails = car.http, desk.settings.data_dir
    case = await car.case_of(report(car.id))
    assert desk.broker
    question = await mailed(mails, "decision", case)
    option = re.search(r'name="option"[^>]*value="([^"]+)"', (await http.get(question)).text)
    assert option
    answer = await http.post(question, data={"option": option[1]})
    assert answer.status_code in {200, 303}, answer.text
    job = "/v1/jobs/" + (await mailed(mails, "job", case)).removeprefix("/job/")
    for said in ({"action": "accept"}, {"action": "done", "words": "A new coil is in."}):
        answer = await http.post(job, json=said)
        assert answer.status_code == httpx.codes.OK, answer.text

    async def is_watched() -> bool:
        return bool((await car.get(f"/v1/cases/{case}"))["state"] == "verifying")

    await until(is_watched)
    async with line(car.signing, desk.broker.port) as wire:

        async def outcome() -> str | None:
            """It says that it is well until it is believed."""
            well = event(car.id, "signal", {"values": {"speed": 12.5}, "codes": []})
            (receipt,) = await wire.say("signals", well)
            assert receipt["type"] == "thingdesk.receipt", receipt
            found: str | None = (await car.get(f"/v1/cases/{case}"))["outcome"]
            return found

        assert await until(outcome, within=60) == "verified"
    for path in (f"/cases/{case}", f"/machines/{car.id}", *(f"/{one}" for one in PAGES)):
        answer = await http.get(path)
        assert answer.status_code == httpx.codes.OK, (path, answer.text)


@pytest.mark.timeout(300)
async def test_nothing_blocks_the_loop(
    tmp_path: Path, database: Database, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()
    settings = Settings(
        data_dir=tmp_path,
        database_url=database_url,
        http_port=port,
        mqtt_port=0,
        packs=("thingdesk.demo.pack",),
    )
    await a_centre(database)
    url = f"http://127.0.0.1:{port}"
    async with (
        running(settings) as desk,
        httpx.AsyncClient(base_url=url, headers={"Origin": url}, timeout=30) as http,
    ):
        await staff(database, http)
        await journey(desk, await a_car(database, http))
        with blockbuster_ctx("thingdesk"):
            await journey(desk, await a_car(database, http))
    # what runs beside is tried again when it fails, and says so
    assert "BlockingError" not in caplog.text
