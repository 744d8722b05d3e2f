"""The pages for clients over HTTP, done as a reader does them, with curl."""

import asyncio
import json
import os
import re
import shutil
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.databases import ROOT
from tests.desk import running
from tests.docs.pages import blocks, pages, titled
from tests.listener import Listener, listening
from tests.saying import a_caller, a_centre

from thingdesk.hooks.model import BACKOFF, LASTS, MOST
from thingdesk.platform import ids
from thingdesk.platform.database import Database
from thingdesk.platform.outward import LIMIT
from thingdesk.platform.settings import Settings
from thingdesk_machine import Identity

pytestmark = pytest.mark.skipif(not shutil.which("curl"), reason="the pages call curl")
ASK, WEBHOOKS, TICKETS = (f"docs/how-to/{n}.md" for n in ("ask-over-http", "webhooks", "tmf621"))
KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"


@dataclass
class Reader:
    """Somebody with a terminal, the key file of a machine and an address that listens."""

    desk: str
    folder: Path
    listener: Listener

    async def does(self, page: str, title: str, **more: str) -> str:
        given = {"DESK": self.desk, "HOOK": self.listener.url, **more}
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        # each request has a key of its own, as whoever follows the page would see to
        text = titled(page, title).replace(KEY, str(ids.new()))
        process = await asyncio.create_subprocess_exec(
            *("/bin/sh", "-ec", titled(page, "token") + text),
            cwd=self.folder,
            env={"PATH": path, "PYTHONPATH": str(ROOT / "src"), **given},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        assert process.returncode == 0, said.decode()
        return said.decode()

    async def hears(self, page: str, title: str, **more: str) -> Any:
        return json.loads(await self.does(page, title, **more))


@pytest.fixture(scope="module")
async def reader(
    tmp_path_factory: pytest.TempPathFactory, database: Database, database_url: str
) -> AsyncIterator[Reader]:
    await a_centre(database)
    folder = tmp_path_factory.mktemp("desk") / "desk"
    allowed = {"database_url": database_url, "webhook_networks": "127.0.0.0/8"}
    async with (
        running(folder, **allowed) as desk,
        httpx.AsyncClient(base_url=desk.http, timeout=30) as http,
        listening() as listener,
    ):
        signing = (await a_caller(database, http)).signing
        Identity(signing.machine, signing.key).save(folder.parent / "car-1.json")
        yield Reader(desk.http, folder.parent, listener)


def is_whole(page: str, *done: str) -> bool:
    """Whether all blocks of a page that are to be run were."""
    return {one.title for one in blocks(page, pages()[page])} == {f'title="{t}"' for t in done}


async def test_ask_over_http(reader: Reader) -> None:
    made = await reader.hears(ASK, "ask")
    case = made["case"]["case"]
    assert made["receipt"].count(".") == 2
    assert [one["case"] for one in (await reader.hears(ASK, "cases"))["cases"]] == [case]
    assert "event: case.opened" in await reader.does(ASK, "events", CASE=case)
    assert (await reader.hears(ASK, "withdraw", CASE=case))["outcome"] == "withdrawn"
    text = pages()[ASK]
    assert f"makes {Settings.model_fields['calls'].default:,} calls a minute" in text
    assert is_whole(ASK, "token", "ask", "cases", "events", "withdraw")


async def test_be_told_by_webhook(reader: Reader) -> None:
    made = await reader.hears(WEBHOOKS, "register")
    names: dict[str, Any] = {}
    exec(titled(WEBHOOKS, "receive.py"), names)  # noqa: S102 - that is what the page says to do
    await reader.does(ASK, "ask")
    kinds: list[str] = []
    async with asyncio.timeout(60):
        while "case.opened" not in kinds:
            one = await reader.listener.requests.get()
            good = names["is_from_the_desk"]
            assert good(made["secret"], one.headers, one.body)
            assert not good(made["secret"], one.headers, one.body + b" ")
            kinds.append(json.loads(one.body)["type"])
    assert set(kinds) <= {"hook.registered", "case.opened", "decision.asked", "case.ended"}
    text = pages()[WEBHOOKS]
    assert f"within {LIMIT:g} seconds" in text
    assert f"has {MOST} addresses at most" in text
    assert BACKOFF.first.seconds == 30, "half a minute"
    assert (BACKOFF.longest.seconds // 3600, LASTS.days) == (8, 4), "eight hours, four days"
    assert is_whole(WEBHOOKS, "token", "register", "receive.py")


async def test_tickets(reader: Reader) -> None:
    found = await reader.hears(TICKETS, "specifications")
    assert "vehicle.repair" in [one["id"] for one in found]
    await reader.hears(TICKETS, "hub")
    made = await reader.hears(TICKETS, "create")
    assert made["status"] in ("inProgress", "pending")
    listed = await reader.hears(TICKETS, "list")
    assert made["id"] in [one["id"] for one in listed]
    ended = await reader.hears(TICKETS, "cancel", TICKET=made["id"])
    assert ended["status"] == "cancelled"
    assert ended["statusChangeReason"].endswith('It says: "It was nothing."')
    async with asyncio.timeout(60):
        while True:
            told = json.loads((await reader.listener.requests.get()).body)
            if told.get("eventType") == "TroubleTicketStatusChangeEvent":
                break
    assert told["event"]["troubleTicket"]["id"] == made["id"]
    rows = re.findall(r"^\| `(\w+)` \|", pages()[TICKETS], re.MULTILINE)
    assert set(rows) == {"inProgress", "pending", "resolved", "closed", "rejected", "cancelled"}
    assert is_whole(TICKETS, "token", "specifications", "create", "list", "cancel", "hub")
