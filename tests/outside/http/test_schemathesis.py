"""schemathesis, which nobody here wrote, holds a running desk against its own description."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from tests.databases import ROOT
from tests.desk import DeskProcess, running
from tests.listener import listening
from tests.saying import Caller, a_caller, a_centre, report

from thingdesk.platform.database import Database

# one worker: parsing in several threads fails in CPython 3.11
CONFIG = """
seed = {seed}
workers = 1
warnings = false
generation = {{ max-examples = {examples}, allow-x00 = false }}

[parameters]
{parameters}
"""


@dataclass
class Held:
    """A running desk, a machine that calls it, and what it has there."""

    desk: DeskProcess
    caller: Caller
    case: str
    hook: str

    async def against(self, described: str, *options: str, **parameters: str) -> str:
        """What schemathesis says; it has to be content."""
        config = self.desk.folder.with_name("schemathesis.toml")
        given = "\n".join(f'"{name}" = "{value}"' for name, value in parameters.items())
        config.write_text(CONFIG.format(seed=621, examples=25, parameters=given))
        process = await asyncio.create_subprocess_exec(
            Path(sys.executable).with_name("schemathesis"),
            *("--config-file", str(config), "run", described),
            *("--header", f"Authorization: Bearer {self.caller.signing.token()}"),
            *options,
            cwd=self.desk.folder.parent,
            env={
                **os.environ,
                "SCHEMATHESIS_HOOKS": "tests.outside.http.hooks",
                "PYTHONPATH": str(ROOT),
            },
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        text = said.decode(errors="replace")
        assert process.returncode == 0, text[-30_000:]
        return text


SPECS = os.environ.get("THINGDESK_SPECS")


@pytest.fixture(scope="module")
async def held(
    tmp_path_factory: pytest.TempPathFactory, database: Database, database_url: str
) -> AsyncIterator[Held]:
    await a_centre(database)
    folder = tmp_path_factory.mktemp("desk") / "desk"
    allowed = {"calls": 1_000_000, "webhook_networks": "127.0.0.0/8", "open_cases": 1_000_000}
    async with (
        running(folder, database_url=database_url, **allowed) as desk,
        httpx.AsyncClient(base_url=desk.http) as http,
        listening() as listener,
    ):
        caller = await a_caller(database, http)
        case = await caller.case_of(report(caller.id))
        made = await caller.call("POST", "/v1/hooks", json={"url": listener.url})
        yield Held(desk, caller, case, made.json()["hook"])
        assert "Traceback" not in desk.log(), desk.log()


async def test_the_desk_is_as_it_describes_itself(held: Held) -> None:
    await held.against(f"{held.desk.http}/v1/openapi.json", case_id=held.case, hook_id=held.hook)


async def test_the_tickets_are_as_they_describe_themselves(held: Held) -> None:
    await held.against(
        f"{held.desk.http}/tmf-api/troubleTicket/v5/openapi.json", **{"path.id": held.case}
    )


@pytest.mark.skipif(SPECS is None, reason="THINGDESK_SPECS: a folder with TMF621-v5.0.1.oas.yaml")
async def test_the_tickets_are_as_tm_forum_describes_them(held: Held) -> None:
    described = Path(SPECS or "") / "TMF621-v5.0.1.oas.yaml"
    # what listeners answer is theirs to prove
    options = ("--exclude-path-regex", "^/listener")
    url = f"{held.desk.http}/tmf-api/troubleTicket/v5"
    await held.against(str(described), "--url", url, *options)
