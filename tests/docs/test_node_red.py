"""Use Node-RED, done as a reader does it."""

import os
from pathlib import Path

import httpx
import pytest
from tests.docs.pages import titled
from tests.docs.reader import reading
from tests.outside.node import MISSING, MODULES, NODE
from tests.ports import free_port
from tests.waiting import until

from thingdesk.platform.clock import now
from thingdesk_machine import Identity

PAGE = "docs/how-to/use-node-red.md"
pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(bool(MISSING), reason=MISSING or ""),
]


async def test_use_node_red(tmp_path: Path) -> None:
    tools = f"{MODULES}/.bin:{Path(NODE).parent}:{os.environ['PATH']}"
    async with reading(tmp_path, PATH=tools, PORT=str(free_port())) as reader:
        desk = await reader.start("thingdesk up")
        await desk.says("Ready", within=90)
        reader.write(PAGE, "identity.py", "press.js", "settings.js", "flows.json")
        assert "1 new" in await reader.run(titled(PAGE, "register"))
        flow = await reader.start(titled(PAGE, "start"))
        found = await flow.says(r"case ([0-9a-f-]{36})$")
        identity = Identity.load(tmp_path / "press-1.json")
        shown = {"Authorization": f"Bearer {identity.token(now)}"}
        url = f"http://127.0.0.1:{reader.ports['8080']}/v1/cases"
        async with httpx.AsyncClient(headers=shown, timeout=30) as http:
            (case,) = (await http.get(url)).json()["cases"]
        assert (case["case"], case["subject"]) == (found[1], "press-1")
        assert case["input"]["metric"] == "temperature"
        await desk.stop()
        await reader.start("thingdesk up")

        async def connected_again() -> bool:
            return sum("Connected to broker" in line for line in flow.said) == 2

        await until(connected_again, within=90)
        assert not reader.left(PAGE)
