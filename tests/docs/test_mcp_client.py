"""Connect an MCP client, done as a reader does it."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.docs.owner import Owner, a_browser
from tests.docs.pages import titled
from tests.docs.reader import Running, reading
from tests.platform.outward.test_tls import certified

PAGE = "docs/how-to/connect-an-mcp-client.md"
APP = "https://app.example/client.json"
pytestmark = pytest.mark.timeout(300)


async def test_connect_an_mcp_client(tmp_path: Path) -> None:
    async with (
        described(tmp_path) as (address, trusted),
        reading(tmp_path, SSL_CERT_FILE=str(trusted)) as reader,
    ):
        desk = await reader.start("thingdesk up")
        await desk.says("Ready", within=90)
        reader.write(PAGE, "identity.py", "agent.py", "app.py")
        assert "2 new" in await reader.run(titled(PAGE, "register"))
        said = await reader.run(titled(PAGE, "ask"))
        assert "tool vehicle.repair" in said
        case = re.search(r"^case ([0-9a-f-]{36}) open$", said, re.MULTILINE)
        assert case
        assert f'"case":"{case[1]}"' in said
        assert '"subject":"car-1"' in said

        reader.done |= {titled(PAGE, "client.json"), titled(PAGE, "let")}
        app = await reader.start(titled(PAGE, "let").replace(APP, address))
        await let(app, f"http://127.0.0.1:{reader.ports['8080']}", tmp_path / "var" / "mail")
        await app.says(r"^case [0-9a-f-]{36} open$")
        assert not reader.left(PAGE)


async def let(app: Running, url: str, mail: Path) -> None:
    """The owner opens what the app shows, logs in, and says yes."""
    async with a_browser(url) as browser:
        owner = Owner(browser, "ana@example.org", mail)
        consent = await owner.enters((await app.says("^open (.*)$"))[1])
        assert "May Home helper act for you?" in consent.text
        back = await owner.presses("Yes, it may", consent)
        assert back.text == "You may close this page."


@asynccontextmanager
async def described(folder: Path) -> AsyncIterator[tuple[str, Path]]:
    """Where the app's description is, over TLS, and the certificate to be trusted for it."""
    secured, _ = certified(folder, "localhost")
    body = titled(PAGE, "client.json")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
        writer.write((head + body.replace(APP, address)).encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=secured) as server:
        address = f"https://localhost:{server.sockets[0].getsockname()[1]}/client.json"
        yield address, folder / "both.pem"
