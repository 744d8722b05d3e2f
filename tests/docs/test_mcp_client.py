"""Connect an MCP client, done as a reader does it."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from pathlib import Path

import httpx
import pytest
from tests.docs.owner import Owner, a_browser
from tests.docs.pages import titled
from tests.docs.reader import Reader, Running, reading
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
        url = f"http://127.0.0.1:{reader.ports['8080']}"
        async with a_browser(url) as browser:
            owner = Owner(browser, "ana@example.org", tmp_path / "var" / "mail")
            await let(app, owner, await owner.enters(await asks(app)))
            await tried_here(reader, owner)
        assert not reader.left(PAGE)


async def asks(app: Running) -> str:
    """What the app opens in the owner's browser."""
    return (await app.says("^open (.*)$"))[1]


async def let(app: Running, owner: Owner, consent: httpx.Response) -> None:
    """The owner says yes."""
    assert 'May "Home helper" act for you?' in unescape(consent.text)
    back = await owner.presses("Yes, it may", consent)
    assert back.text == "You may close this page."
    await app.says(r"^case [0-9a-f-]{36} open$")


async def tried_here(reader: Reader, owner: Owner) -> None:
    """The same app on the reader's own computer, without a certificate; they are logged in."""
    known = titled(PAGE, "known")
    reader.done.add(known)
    text = titled(PAGE, "app.py").replace(", client_metadata_url=DESCRIPTION", "")
    text = text.replace("async def send(", f"{known}\n\nasync def send(", 1)
    (reader.folder / "here.py").write_text(reader.text(text))
    async with served(None) as address:
        desk = f"http://127.0.0.1:{reader.ports['8080']}/mcp"
        app = await reader.start(f"python here.py {desk} {address} car-1")
        await let(app, owner, await owner.browser.get(await asks(app)))


@asynccontextmanager
async def described(folder: Path) -> AsyncIterator[tuple[str, Path]]:
    """Where the app's description is, over TLS, and the certificate to be trusted for it."""
    secured, _ = certified(folder, "localhost")
    async with served(secured) as address:
        yield address, folder / "both.pem"


@asynccontextmanager
async def served(secured: ssl.SSLContext | None) -> AsyncIterator[str]:
    body = titled(PAGE, "client.json")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
        writer.write((head + body.replace(APP, address)).encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=secured) as server:
        scheme = "https" if secured else "http"
        address = f"{scheme}://localhost:{server.sockets[0].getsockname()[1]}/client.json"
        yield address
