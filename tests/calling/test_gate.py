"""What stands before a library: who has no token, no room, no calls left, or sends too much, is
answered before it hears anything.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from tests.parties.making import Signing, registered

from thingdesk.access import Callers, Surface
from thingdesk.calling import Calls, caller_of, gated, make_share, problem
from thingdesk.platform.cloudevents import MOST_BYTES
from thingdesk.platform.database import Database
from thingdesk.platform.quota import Quota

BASE = "https://desk.example.org"
AT_ONCE = 2


class Library:
    """What is behind the gate: it says who called with what, once it may."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.calls = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.calls += 1
        request = Request(scope, receive)
        said = {"who": caller_of(request).machine, "size": len(await request.body())}
        await self.may_answer.wait()
        await JSONResponse(said)(scope, receive, send)


@pytest.fixture
async def callers(database: Database) -> AsyncIterator[Callers]:
    async with Callers(database, BASE) as one:
        yield one


def at(
    callers: Callers, library: Library, surface: Surface, quota: Quota, at_once: int = AT_ONCE
) -> httpx.AsyncClient:
    app = gated(library, Calls(callers, surface, quota), make_share(at_once), problem)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE)


def shown(who: Signing) -> dict[str, str]:
    return {"authorization": f"Bearer {who.token()}"}


async def test_the_library_hears_who_calls_and_all_that_was_said(
    database: Database, callers: Callers
) -> None:
    who, library = await registered(database), Library()
    async with at(callers, library, Surface.MCP, Quota(10)) as http:
        answer = await http.post("/mcp", content=b"x" * MOST_BYTES, headers=shown(who))
        flat = await http.post(
            "/mcp", content=b'[{"a":' * 16 + b"1" + b"}]" * 16, headers=shown(who)
        )
        whole = b'{"a": "\\ud83d\\ude00 \\\\ud800 \xf0\x9f\x98\x80"}'
        text = await http.post("/mcp", content=whole, headers=shown(who))
        wide = await http.post("/mcp", content=b"[]" * 100_000, headers=shown(who))
    assert answer.json() == {"who": who.machine, "size": MOST_BYTES}
    assert (flat.status_code, wide.status_code, text.status_code) == (200, 200, 200)
    assert answer.headers["ratelimit"].startswith('"calls";r=9;')


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"x" * (MOST_BYTES + 1), 413, "too_large"),
        (b"[" * 33, 400, "too_deep"),
        (b'[{"a":' * 17 + b"1" + b"}]" * 17, 400, "too_deep"),
        (b'{"id": "\\ud800"}', 422, "broken_json"),
        (b'{"id": "\\ud83d\\ud83d\\ude00"}', 422, "broken_json"),
        (b'{"a\\uDFFF": 1}', 422, "broken_json"),
        (b'{"id": "\xed\xa0\x80"}', 422, "broken_json"),
        ('{"id": "\ud800"}'.encode("utf-16", "surrogatepass"), 422, "broken_json"),
    ],
)
async def test_what_is_too_much_never_gets_there(
    database: Database, callers: Callers, content: bytes, status: int, code: str
) -> None:
    who, library = await registered(database), Library()
    async with at(callers, library, Surface.MCP, Quota(10)) as http:
        answer = await http.post("/mcp", content=content, headers=shown(who))
        nobody = await http.post("/mcp", content=content)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (nobody.status_code, nobody.json()["code"]) == (401, "token_missing")
    assert library.calls == 0


@pytest.mark.parametrize(
    ("name", "code"), [("authorization", "token_unreadable"), ("dpop", "proof_unreadable")]
)
async def test_who_calls_is_said_once(
    database: Database, callers: Callers, name: str, code: str
) -> None:
    """Whoever looks at it before the desk may take the other one: RFC 9449, 4.3."""
    who, library = await registered(database), Library()
    twice = [*shown(who).items(), (name, "one"), (name, "other")][-3 if name == "dpop" else -2 :]
    async with at(callers, library, Surface.MCP, Quota(10)) as http:
        good = await http.post("/mcp", headers=shown(who))
        answer = await http.post("/mcp", headers=twice)
        again = await http.post("/mcp", headers=[*shown(who).items(), *shown(who).items()])
    assert good.status_code == 200
    assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert (again.status_code, again.json()["code"]) == (401, "token_unreadable")
    assert library.calls == 1


async def test_calls_count_together_whichever_surface_they_come_by(
    database: Database, callers: Callers
) -> None:
    who, other = await registered(database), await registered(database)
    library, quota = Library(), Quota(3)
    async with (
        at(callers, library, Surface.MCP, quota) as mcp,
        at(callers, library, Surface.A2A, quota) as a2a,
    ):
        said = [await one.post("/", headers=shown(who)) for one in (mcp, a2a, mcp, a2a)]
        fair = await mcp.post("/", headers=shown(other))
    assert [one.status_code for one in said] == [200, 200, 200, 429]
    assert said[-1].json()["code"] == "too_many_calls"
    assert int(said[-1].headers["retry-after"]) > 0
    assert fair.status_code == 200


async def test_who_has_too_many_under_way_is_told_so_and_nobody_else_is(
    database: Database, callers: Callers
) -> None:
    who, other = await registered(database), await registered(database)
    library = Library()
    library.may_answer.clear()
    async with at(callers, library, Surface.A2A, Quota(100)) as http, asyncio.TaskGroup() as group:
        held = [group.create_task(http.post("/", headers=shown(who))) for _ in range(AT_ONCE + 1)]
        done, _ = await asyncio.wait(held, return_when=asyncio.FIRST_COMPLETED)
        (refused,) = done
        assert refused.result().status_code == 429
        assert refused.result().json()["code"] == "too_much_at_once"
        assert "retry-after" in refused.result().headers
        fair = group.create_task(http.post("/", headers=shown(other)))
        library.may_answer.set()
    answers = [one.result().status_code for one in held]
    assert sorted(answers) == [200] * AT_ONCE + [429]
    assert fair.result().status_code == 200


async def test_a_list_or_a_stream_takes_no_room_for_a_body_that_it_does_not_have(
    database: Database, callers: Callers
) -> None:
    who, library, streams = await registered(database), Library(), 12
    library.may_answer.clear()
    async with (
        at(callers, library, Surface.A2A, Quota(100), 2 * streams) as http,
        asyncio.TaskGroup() as group,
    ):
        held = [group.create_task(http.get("/", headers=shown(who))) for _ in range(streams)]
        while library.calls < streams and not any(one.done() for one in held):
            await asyncio.wait(held, timeout=0.05)
        library.may_answer.set()
    assert [one.result().status_code for one in held] == [200] * streams
