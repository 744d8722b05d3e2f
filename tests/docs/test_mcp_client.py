"""Connect an MCP client, done as a reader does it."""

import re
from pathlib import Path

import pytest
from tests.docs.pages import titled
from tests.docs.reader import reading

PAGE = "docs/how-to/connect-an-mcp-client.md"
pytestmark = pytest.mark.timeout(300)


async def test_connect_an_mcp_client(tmp_path: Path) -> None:
    async with reading(tmp_path) as reader:
        desk = await reader.start("thingdesk up")
        await desk.says("Ready", within=90)
        reader.write(PAGE, "identity.py", "agent.py")
        assert "2 new" in await reader.run(titled(PAGE, "register"))
        said = await reader.run(titled(PAGE, "ask"))
        assert "tool vehicle.repair" in said
        case = re.search(r"^case ([0-9a-f-]{36}) open$", said, re.MULTILINE)
        assert case
        assert f'"case":"{case[1]}"' in said
        assert '"subject":"car-1"' in said
        assert not reader.left(PAGE)
