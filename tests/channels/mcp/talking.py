"""A garage behind the real end point, in this process, and clients of the library's own."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from starlette.routing import Router
from tests.dialogue.talk import Talk, talking
from tests.hand import Hand
from tests.journeys.garage import GENEROUS, car
from tests.parties.making import Signing, signing, unique

from thingdesk import parties
from thingdesk.access import Callers, Surface
from thingdesk.calling import Calls
from thingdesk.channels import mcp
from thingdesk.mandates import Terms
from thingdesk.platform.quota import Quota
from thingdesk.platform.serve import listen, serve

MODERN, HANDSHAKE = "2026-07-28", "2025-11-25"
TASKS = "io.modelcontextprotocol/tasks"
URLS: dict[str, Any] = {"elicitation": {"url": {}}}


@dataclass
class Place:
    """One worker, or several that share a database."""

    talk: Talk
    urls: list[str]

    @property
    def hand(self) -> Hand:
        return self.talk.hand

    @property
    def url(self) -> str:
        return self.urls[0]

    async def car(self, terms: Terms | None = GENEROUS) -> Signing:
        name = unique("car")
        await car(self.hand, name, terms=terms)
        made = signing(name)
        async with self.hand.database.transaction() as tx:
            await parties.add_key(tx, name, made.x)
        return made

    async def post(
        self,
        who: Signing,
        method: str,
        params: dict[str, Any] | None = None,
        *,
        can: dict[str, Any] | None = None,
        worker: int = 0,
        **headers: str,
    ) -> httpx.Response:
        """One request of 2026-07-28, as bytes on the wire."""
        meta = {
            "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientCapabilities": can or {},
        }
        given = dict(params or {})
        given["_meta"] = meta | given.get("_meta", {})
        name = given.get("name") or given.get("uri") or given.get("taskId")
        sent = {
            "accept": "application/json, text/event-stream",
            "authorization": f"Bearer {who.token()}",
            "mcp-protocol-version": MODERN,
            "mcp-method": method,
            **({"mcp-name": str(name)} if name else {}),
            **{key.replace("_", "-"): value for key, value in headers.items()},
        }
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": given}
        async with httpx.AsyncClient(timeout=60) as client:
            return await client.post(self.urls[worker], json=body, headers=sent)

    async def call(self, who: Signing, name: str, given: dict[str, Any], **more: Any) -> Any:
        """The result of a tool."""
        meta = {"_meta": more.pop("meta")} if "meta" in more else {}
        further = more.pop("further", {})
        params = {"name": name, "arguments": given, **meta, **further}
        return result(await self.post(who, "tools/call", params, **more))


def result(answer: httpx.Response) -> Any:
    said = answer.json()
    assert "result" in said, said
    return said["result"]


def error(answer: httpx.Response) -> Any:
    said = answer.json()
    assert "error" in said, said
    return said["error"]


@asynccontextmanager
async def opened(hand: Hand, workers: int = 1) -> AsyncIterator[Place]:
    """The end point of a desk, by several workers if wanted."""
    async with talking(hand) as talk, AsyncExitStack() as stack:
        async with hand.database.transaction() as tx:
            key = await parties.desk_key(tx)
        group = await stack.enter_async_context(asyncio.TaskGroup())
        stack.callback(talk.stop.set)
        urls = []
        for _ in range(workers):
            door = listen("127.0.0.1", 0, "PORT")
            callers = await stack.enter_async_context(Callers(hand.database, door.url))
            hosts = (door.url.removeprefix("http://"),)
            calls = Calls(callers, Surface.MCP, Quota(100_000))
            doors = mcp.Doors(
                calls, talk.dialogue, hand.flow.catalog, key.secret("mcp"), talk.stop, hosts
            )
            app = Router()
            group.create_task(mcp.install(app, doors).run())
            await stack.enter_async_context(serve(app, door))
            urls.append(f"{door.url}/mcp")
        yield Place(talk, urls)


@asynccontextmanager
async def a_client(url: str, who: Signing, **more: Any) -> AsyncIterator[Client]:
    """A client of the library's, with the token of a machine."""
    headers = {"authorization": f"Bearer {who.token()}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=60) as http,
        Client(streamable_http_client(url, http_client=http), **more) as client,
    ):
        yield client


def case_of(said: Any) -> UUID:
    return UUID(said["structuredContent"]["case"])


def text_of(said: Any) -> str:
    first = said["content"][0]["text"]
    assert isinstance(first, str)
    return first


def as_json(said: Any) -> Any:
    return json.loads(said["content"][1]["text"])
