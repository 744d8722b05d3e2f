"""A running desk, held by schemathesis against a description."""

import asyncio
import json
import os
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from tests.channels.http.linking import sign
from tests.databases import ROOT
from tests.desk import DeskProcess, running
from tests.fulfilment.making import make_offer, make_provider
from tests.listener import listening
from tests.saying import Caller, a_caller, a_centre, report

from thingdesk.fulfilment import effects
from thingdesk.platform.database import Database

TICKETS = "/tmf-api/troubleTicket/v5"
_CONFIG = Path(__file__).with_name("schemathesis.toml")
_WITHIN = 500.0


@dataclass
class Held:
    """A running desk, and by their names what the machine that calls has there."""

    desk: DeskProcess
    has: dict[str, str]

    async def against(self, described: str, *options: str) -> "Verdict":
        """What schemathesis finds."""
        report = self.desk.folder.with_name("report.ndjson")
        process = await asyncio.create_subprocess_exec(
            Path(sys.executable).with_name("schemathesis"),
            *("--config-file", str(_CONFIG), "run", described),
            *("--report-ndjson-path", str(report), "--no-color", *options),
            cwd=self.desk.folder.parent,
            env={
                **os.environ,
                **self.has,
                "SCHEMATHESIS_HOOKS": "tests.outside.http.hooks",
                "PYTHONPATH": str(ROOT),
            },
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            async with asyncio.timeout(_WITHIN):
                said, _ = await process.communicate()
        except BaseException:
            process.kill()
            await process.wait()
            raise
        return Verdict(process.returncode == 0, said.decode(errors="replace"), report)


@dataclass
class Verdict:
    """`good`: every check passed; `report` has each call with its answer."""

    good: bool
    said: str
    report: Path

    def refused_always(self) -> set[str]:
        """The operations that were never answered as asked for: nothing is known of them."""
        statuses: dict[str, set[int]] = defaultdict(set)
        for case, answer in self._calls():
            phase = case["meta"]["phase"]["data"].get("scenario")
            if phase != "unspecified_http_method" and answer:
                statuses[f"{case['method']} {case['path']}"].add(answer["status_code"])
        return {one for one, found in statuses.items() if all(it >= 300 for it in found)}

    def _calls(self) -> Iterator[tuple[Any, Any]]:
        for line in self.report.read_text().splitlines():
            recorded = json.loads(line).get("ScenarioFinished", {}).get("recorder", {})
            for number, case in recorded.get("cases", {}).items():
                if case["value"].get("meta"):
                    called = recorded["interactions"].get(number, {})
                    yield case["value"], called.get("response")


@asynccontextmanager
async def holding(folder: Path, database: Database, database_url: str) -> AsyncIterator[Held]:
    """A desk with two machines of different owners; one of them has something of each kind."""
    await a_centre(database)
    allowed = {"calls": 1_000_000, "webhook_networks": "127.0.0.0/8", "open_cases": 1_000_000}
    async with (
        running(folder, database_url=database_url, **allowed) as desk,
        httpx.AsyncClient(base_url=desk.http, timeout=30) as http,
        listening() as listener,
    ):
        ours, theirs = [await a_caller(database, http) for _ in range(2)]
        auth = folder.with_name("auth.json")
        auth.write_text(json.dumps({"auth": [_known("ours", ours), _known("theirs", theirs)]}))
        has = {"AUTH": str(auth), "MACHINE": ours.id, "URL": listener.url}
        yield Held(desk, has | await _theirs(ours, listener.url) | {"JOB": await _job(database)})
        assert "Traceback" not in desk.log(), desk.log()


def _known(name: str, caller: Caller) -> dict[str, object]:
    token = {"name": "Authorization", "value": f"Bearer {caller.signing.token()}"}
    return {"name": name, "fixedHeaders": [token]}


async def _theirs(caller: Caller, url: str) -> dict[str, str]:
    case = await caller.case_of(report(caller.id))
    hook = await caller.call("POST", "/v1/hooks", json={"url": url})
    listener = {"@type": "Hub", "callback": url}
    hub = await caller.call("POST", f"{TICKETS}/hub", json=listener)
    wanted = {"about": "A bill", "reach": "+49 30 1234567"}
    asked = await caller.call("POST", "/v1/services/person.ask", json=wanted)
    hold = asked.json()["outcome"]
    return {
        "CASE": case,
        "HOOK": hook.json()["hook"],
        "HUB": hub.json()["id"],
        "HOLD": hold["hold"],
        "CALL_AT": hold["call_back_times"][0],
        "ARRIVAL": (datetime.now(UTC) + timedelta(hours=1)).isoformat(),
    }


async def _job(database: Database) -> str:
    provider = await make_provider(database)
    job = make_offer(provider.id)
    async with database.transaction() as tx:
        await effects.offer_job(tx, job)
    return await sign(database, "job", job.effect_id, timedelta(hours=1))
