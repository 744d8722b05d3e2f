"""Everything that a desk shows, looked at by those to whom it is shown."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
from tests.channels.http.linking import sign
from tests.channels.mcp.talking import MODERN
from tests.contracts.shown import Page
from tests.contracts.world import World
from tests.saying import Caller
from tests.web.people import PASSWORD
from tests.whose import owner_of

from thingdesk import parties
from thingdesk.parties import Role

_TICKETS = "/tmf-api/troubleTicket/v5"
_DONE_BY_GET = ("/log-out", "/log-in", "/v1", "/static", "/leave")


async def crawl(
    browser: httpx.AsyncClient, *starts: str, onward: str = "/", most: int = 12
) -> dict[str, Page]:
    """These pages, and some of those that links lead to from each, whose path begins as `onward`
    says: at the most so many from each. No link answers anything.
    """
    found = dict[str, Page]()
    for start in starts:
        left, full = [start], len(found) + most
        while left and len(found) < full:
            path = left.pop(0)
            if path in found:
                continue
            answer = await browser.get(path)
            assert answer.status_code < 500, f"{path}: {answer.text[:500]}"
            if answer.headers.get("content-type", "").startswith("text/html"):
                found[path] = read = Page(answer.text)
                left += [one for one in _links(read) if one.startswith(onward)]
    return found


def _links(read: Page) -> list[str]:
    parts = [urlsplit(link) for link in sorted(read.links)]
    own = [one.path for one in parts if not (one.netloc or one.query)]
    return [one for one in own if one.startswith("/") and not one.startswith(_DONE_BY_GET)]


@asynccontextmanager
async def staff(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """The browser of one of the staff who may see everything."""
    async with world.database.transaction() as tx:
        person = await parties.add_staff(tx, "eve@example.org", "Eve", list(Role))
        await parties.set_up(tx, await parties.set_up_link(tx, person.id), PASSWORD)
    headers = {"Origin": world.desk.http}
    async with httpx.AsyncClient(base_url=world.desk.http, timeout=60, headers=headers) as browser:
        given = {"email": "eve@example.org", "password": PASSWORD}
        assert (await browser.post("/log-in", data=given)).status_code == 303
        yield browser


async def owner_page(world: World, car: Caller) -> str:
    """The path of the page of the car's owner."""
    async with world.database.transaction() as tx:
        owner = await owner_of(tx, car.id)
    assert owner
    token = await sign(world.database, parties.OWNER_PAGE, owner.id, timedelta(hours=1))
    return f"/owner/{token}"


async def mcp(
    world: World, car: Caller, method: str, meta: dict[str, Any] | None = None, **params: Any
) -> httpx.Response:
    needed = {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    name = params.get("name") or params.get("uri")
    headers = {
        "accept": "application/json, text/event-stream",
        "content-type": "application/json",
        "mcp-protocol-version": MODERN,
        "mcp-method": method,
        "authorization": f"Bearer {car.signing.token()}",
        **({"mcp-name": name} if name else {}),
    }
    given = {**params, "_meta": needed | (meta or {})}
    # with escapes: half a character is nothing that UTF-8 has
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": given})
    return await world.http.post("/mcp", content=body, headers=headers)


async def told_of(world: World, car: Caller) -> list[tuple[str, Any]]:
    """What the car, and who asks for it, is told of its cases, by surface."""
    listed = (await mcp(world, car, "resources/list")).json()
    found: list[tuple[str, Any]] = [("mcp", listed), ("a2a", await _tasks(world, car))]
    for one in listed["result"]["resources"]:
        found.append(("mcp", (await mcp(world, car, "resources/read", uri=one["uri"])).json()))
        case = {"case": one["uri"].removeprefix("case://")}
        call = await mcp(world, car, "tools/call", name="case_read", arguments=case)
        found.append(("mcp", call.json()))
    for surface, path in (("http", "/v1/cases"), ("tmf621", f"{_TICKETS}/troubleTicket")):
        found.append((surface, await car.get(path)))
    return found


async def _tasks(world: World, car: Caller) -> Any:
    params = {"historyLength": 50, "includeArtifacts": True}
    body = {"jsonrpc": "2.0", "id": 1, "method": "ListTasks", "params": params}
    headers = {"authorization": f"Bearer {car.signing.token()}", "a2a-version": "1.0"}
    return (await world.http.post("/a2a", json=body, headers=headers)).json()
