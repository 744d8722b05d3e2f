"""Sites at which applications say what they are: a real one, and a real one that never answers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path

import orjson
from tests.access.making import BACK
from tests.platform.outward.test_tls import certified
from tests.waiting import until

from thingdesk.access import Documents
from thingdesk.platform.outward import make_http

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


@dataclass
class Sites:
    """`documents` trusts the good host. `slow` is there, too, and answers nothing; `mute` is a host
    that does not even shake hands. `waiting` are the connections that these two hold.
    """

    documents: Documents
    app: str
    slow: str
    mute: str
    waiting: set[asyncio.StreamWriter] = field(default_factory=set)

    async def holds(self, number: int) -> None:
        """Wait until the slow one holds so many."""

        async def look() -> bool:
            return len(self.waiting) == number

        await until(look)


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[Sites]:
    secured, trusted = certified(folder, "localhost")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        said = {"client_id": f"{good}{line}", "client_name": "App", "redirect_uris": [BACK]}
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
        writer.write(head + orjson.dumps(said))
        await writer.drain()
        writer.close()

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sites.waiting.add(writer)
        with suppress(ConnectionError):
            while await reader.read(1000):
                pass
        sites.waiting.discard(writer)
        writer.close()

    quick = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=secured)
    slow = await asyncio.start_server(hold, "127.0.0.1", 0, ssl=secured)
    mute = await asyncio.start_server(hold, "127.0.0.1", 0)
    good = f"https://localhost:{quick.sockets[0].getsockname()[1]}"
    held = f"https://localhost:{slow.sockets[0].getsockname()[1]}"
    still = f"https://127.0.0.1:{mute.sockets[0].getsockname()[1]}"
    async with Documents(allowed=LOOPBACK, http=make_http(trusted)) as documents:
        sites = Sites(documents, f"{good}/client.json", held, still)
        async with quick, slow, mute:
            yield sites
            for one in [*sites.waiting]:
                one.close()
