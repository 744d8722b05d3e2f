"""A Web of Things client of others, as the how-to writes it, asks for a service of a running desk.

It knows nothing of the desk but the Thing Description, which is valid by the schema of the W3C.
"""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.databases import ROOT
from tests.desk import DeskProcess, running
from tests.outside.node import HERE, MODULES, run_node
from tests.saying import Caller, Event, a_caller, a_centre, receipt

from thingdesk.channels.cards import THING
from thingdesk.platform.database import Database

pytestmark = [pytest.mark.timeout(300), pytest.mark.usefixtures("node")]
PAGE = ROOT / "docs/how-to/connect-a-wot-client.md"
CASES = {"properties": ["cases", "case", "events"], "events": ["happened"]}


@pytest.fixture(scope="module")
async def desk(
    tmp_path_factory: pytest.TempPathFactory, database: Database, database_url: str
) -> AsyncIterator[DeskProcess]:
    await a_centre(database)
    folder = tmp_path_factory.mktemp("desk") / "desk"
    async with running(folder, database_url=database_url) as one:
        yield one
        assert "Traceback" not in one.log(), one.log()


async def thing_of(desk: DeskProcess) -> Event:
    async with httpx.AsyncClient(base_url=desk.http, timeout=30) as http:
        found: Event = (await http.get(THING)).json()
    return found


async def check(desk: DeskProcess) -> Any:
    said = await run_node(HERE / "wot" / "check.js", THING=desk.http + THING)
    return json.loads(said.splitlines()[-1])


async def test_the_description_is_valid_and_has_every_service(desk: DeskProcess) -> None:
    async with httpx.AsyncClient(base_url=desk.http, timeout=30) as http:
        offered = [one["name"] for one in (await http.get("/v1/catalog")).json()["services"]]
    assert await check(desk) == {**CASES, "wrong": [], "actions": [*offered, "withdraw"]}


async def test_a_client_asks_and_reads_its_case_as_the_how_to_says(
    desk: DeskProcess, database: Database, tmp_path: Path
) -> None:
    blocks = re.findall(r"```js\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    program = tmp_path / "client.mjs"
    program.write_text("\n".join(blocks), encoding="utf-8")
    (tmp_path / "node_modules").symlink_to(MODULES)
    async with httpx.AsyncClient(base_url=desk.http, timeout=30) as http:
        car = await a_caller(database, http)
        keys = (await http.get("/v1/desk")).json()["keys"]
        written = await run_node(program, DESK=desk.http, TOKEN=car.signing.token())
        said = dict(one.split(" ", 1) for one in written.splitlines() if " " in one)
        case, state = said["case"].split()
        assert state == "open"
        seen = json.loads(said["seen"])
        assert (seen["case"], seen["subject"]) == (case, car.id)
        assert (seen["service"], seen["input"]["code"]) == ("vehicle.repair", "P0301")
        (entry,) = receipt(said["receipt"], keys, car.id)
        assert entry["case"] == case
        assert "happened 1 " in written
        assert said["refused"].startswith("unfit_input fix_input Client error: ")
        found = await car.get("/v1/cases")
        assert [one["case"] for one in found["cases"]] == [case]


async def test_each_form_is_answered_as_it_is_described(
    desk: DeskProcess, database: Database
) -> None:
    """What node-wot leaves out: events, withdrawing, and how a refusal looks."""
    thing = await thing_of(desk)
    async with httpx.AsyncClient(timeout=20) as http:
        car = await a_caller(database, http)
        asked = await call(car, thing["actions"]["vehicle.repair"], {"code": "P0302"})
        case = asked.json()["case"]["case"]
        followed = await follow(car, thing["events"]["happened"], case)
        assert set(thing["events"]["happened"]["data"]["required"]) <= set(followed)
        refused = await call(car, thing["actions"]["vehicle.repair"], {"code": 7})
        (described,) = thing["actions"]["vehicle.repair"]["forms"][0]["additionalResponses"]
        assert refused.headers["content-type"] == described["contentType"]
        problem = thing["schemaDefinitions"][described["schema"]]
        assert set(problem["required"]) <= set(refused.json()) <= set(problem["properties"])
        ended = await call(car, thing["actions"]["withdraw"], {"words": "It was nothing."}, case)
        assert ended.json()["state"] in ("open", "ended")
        cases = await call(car, thing["properties"]["cases"])
        assert [one["case"] for one in cases.json()["cases"]] == [case]


async def call(
    car: Caller, affordance: Event, given: Event | None = None, case: str = ""
) -> httpx.Response:
    """Its first form, without what may be left out."""
    (form,) = affordance["forms"]
    href = re.sub(r"\{\?.*?\}", "", form["href"]).replace("{case}", case)
    answer: httpx.Response = await car.call(form.get("htv:methodName", "GET"), href, json=given)
    return answer


async def follow(car: Caller, event: Event, case: str) -> Event:
    """What is told first."""
    (form,) = event["forms"]
    assert form["subprotocol"] == "sse"
    href = form["href"].replace("{case}", case).replace("{?after}", "?after=0")
    shown = {"Authorization": f"Bearer {car.signing.token()}", "Accept": "text/event-stream"}
    async with car.http.stream("GET", href, headers=shown) as answer:
        async for line in answer.aiter_lines():
            if line.startswith("data: "):
                told: Event = json.loads(line.removeprefix("data: "))
                return told
    raise AssertionError("nothing was told")
