"""A technician with a system of their own: takes the desk's webhooks and answers by its links."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx
import orjson
from tests.listener import Listener, listening

from thingdesk import parties
from thingdesk.parties import NewProvider, Position
from thingdesk.platform import clock
from thingdesk.platform.database import Database
from thingdesk.platform.outward import verify


@dataclass
class Technician:
    """Says yes at once, unless `silent`, and done when `takes` seconds have passed; `jobs` are
    those that were offered.
    """

    secret: str
    silent: bool = False
    takes: float = 2.0
    jobs: list[str] = field(default_factory=list)

    async def work(self, listener: Listener) -> None:
        async with httpx.AsyncClient(timeout=30) as http:
            while True:
                request = await listener.requests.get()
                verify(self.secret, request.headers, request.body, clock.now())
                offer = orjson.loads(request.body)["data"]
                if offer["job"] in self.jobs:
                    continue
                self.jobs.append(offer["job"])
                if not self.silent:
                    await self._do(http, offer["page"])

    async def _do(self, http: httpx.AsyncClient, page: str) -> None:
        link = urlsplit(page)
        address = link._replace(path=f"/v1/jobs/{link.path.rpartition('/')[2]}").geturl()
        await _say(http, address, {"action": "accept"})
        mended = asyncio.Event()
        asyncio.get_running_loop().call_later(self.takes, mended.set)
        await mended.wait()
        await _say(http, address, {"action": "done", "words": "Heater mended."})


async def _say(http: httpx.AsyncClient, address: str, said: dict[str, str]) -> None:
    answer = await http.post(address, json=said)
    assert answer.status_code == 200, answer.text


@asynccontextmanager
async def technician(database: Database) -> AsyncIterator[Technician]:
    """One who is registered and at work while the block runs."""
    async with listening() as listener:
        async with database.transaction() as tx:
            new = NewProvider(
                "Works",
                ("technician",),
                ("machinery",),
                Position(52.5, 13.4),
                webhook_url=listener.url,
            )
            known = await parties.register_provider(tx, new)
        one = Technician(known.webhook_secret)
        task = asyncio.create_task(one.work(listener))
        try:
            yield one
        finally:
            task.cancel()
            (ended,) = await asyncio.gather(task, return_exceptions=True)
            assert isinstance(ended, asyncio.CancelledError), ended
