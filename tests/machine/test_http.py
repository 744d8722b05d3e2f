"""The library against a real HTTP server that plays the desk."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from joserfc.errors import JoseError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from tests.machine.conftest import QUICK
from tests.machine.desk import Desk, Event, command_event, token_of
from tests.ports import free_port
from tests.waiting import until

from thingdesk_machine import Command, Identity, Ledger, Machine, Refused, desk_keys


def problem(status: int, code: str, recovery: str, **headers: str) -> Response:
    body = {"code": code, "detail": f"because of {code}", "recovery": recovery}
    return JSONResponse(body, status, headers, media_type="application/problem+json")


@dataclass
class HttpDesk:
    desk: Desk
    identity: Identity
    port: int = field(default_factory=free_port)
    failures: list[Response] = field(default_factory=list)
    notices: list[Event] = field(default_factory=list)
    commands: list[Event] = field(default_factory=list)
    most: int = 1000
    machine: str = "car-1"
    server: uvicorn.Server | None = None
    serving: "asyncio.Task[None] | None" = None

    async def start(self) -> None:
        routes = [
            Route("/v1/desk", self.about),
            Route("/v1/notices", self.pending),
            Route("/v1/commands", self.pending),
            Route("/v1/{name}", self.take, methods=["POST"]),
        ]
        config = uvicorn.Config(Starlette(routes=routes), port=self.port, log_level="error")
        self.server = uvicorn.Server(config)
        self.serving = asyncio.create_task(self.server.serve())
        await until(self._serves)

    async def _serves(self) -> bool:
        assert self.server is not None
        return self.server.started

    async def stop(self) -> None:
        assert self.server is not None
        assert self.serving is not None
        self.server.should_exit = True
        await self.serving

    async def about(self, _request: Request) -> Response:
        return JSONResponse({"issuer": "thingdesk", "keys": self.desk.keys})

    async def pending(self, request: Request) -> Response:
        name = request.url.path.rsplit("/", 1)[1]
        return self._stranger(request) or JSONResponse({name: getattr(self, name)})

    async def take(self, request: Request) -> Response:
        failure = self._stranger(request) or (self.failures.pop(0) if self.failures else None)
        payload = await request.body()
        value = json.loads(payload)
        if failure is None and isinstance(value, list) and len(value) > self.most:
            failure = problem(413, "too_large", "fix_input")
        if failure is not None:
            async with self.desk.arrived:
                self.desk.arrived.notify_all()
            return failure
        taken, refused = await self.desk.take(self.machine, payload)
        receipts = [self.desk.signed(self.machine, taken)] if taken else []
        return JSONResponse({"receipts": receipts, "refused": refused})

    def _stranger(self, request: Request) -> Response | None:
        token = request.headers["authorization"].removeprefix("Bearer ")
        with contextlib.suppress(JoseError):
            assert token_of(token, self.identity)["sub"] == self.machine
            return None
        return problem(401, "unknown_machine", "contact_us")


@dataclass
class HttpSite:
    http: HttpDesk
    desk: Desk
    queue: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http.port}"

    def machine(self, **changes: Any) -> Machine:
        settings: dict[str, Any] = {
            "identity": self.http.identity,
            "desk": self.url,
            "queue": self.queue,
            "desk_keys": self.desk.keys,
            "options": QUICK,
        }
        return Machine(**(settings | changes))


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[HttpSite]:
    desk = Desk()
    http = HttpDesk(desk, Identity.create("car-1"))
    await http.start()
    yield HttpSite(http, desk, tmp_path / "car-1.queue")
    await http.stop()


async def test_a_report_returns_with_the_verified_receipt(site: HttpSite) -> None:
    async with asyncio.timeout(60), site.machine() as machine:
        receipt = await machine.report("vehicle.repair", {"code": "P0301"}, event_id="r1")
    assert (receipt.event, receipt.case) == ("r1", "case-of-r1")


async def test_the_keys_of_a_desk_can_be_asked_for(site: HttpSite) -> None:
    async with asyncio.timeout(60):
        keys = await desk_keys(site.url)
        async with site.machine(desk_keys=keys) as machine:
            await machine.report("vehicle.repair", {})


async def test_a_desk_that_was_away_gets_everything_once_and_in_order(site: HttpSite) -> None:
    await site.http.stop()
    async with asyncio.timeout(60), site.machine() as machine:
        for number in range(250):
            await machine.signal({"speed": number}, event_id=f"s{number}")
        await site.http.start()
        await machine.drained()
    assert site.desk.order == [f"s{number}" for number in range(250)]
    assert site.desk.differing == []


LATER = {
    "overloaded": problem(503, "busy", "retry"),
    "too many requests": Response("slow down", 429, {"retry-after": "0"}),
    "not known yet": problem(401, "unknown_machine", "contact_us"),
    "a page of a proxy": Response("<html>bad gateway</html>", 502),
    "a success that is none": Response("<html>hello</html>", 200),
}


@pytest.mark.parametrize("failure", LATER.values(), ids=LATER.keys())
async def test_what_says_nothing_about_the_event_ends_no_event(
    site: HttpSite, failure: Response
) -> None:
    site.http.failures = [failure, failure]
    async with asyncio.timeout(60), site.machine() as machine:
        await machine.report("vehicle.repair", {})
    assert site.http.failures == []


async def test_a_refusal_is_raised_with_its_recovery(site: HttpSite) -> None:
    site.desk.answer = lambda _machine, _event: {
        "code": "unknown_service",
        "reason": "there is no such service",
        "recovery": "fix_input",
    }
    async with asyncio.timeout(60), site.machine() as machine:
        with pytest.raises(Refused) as caught:
            await machine.report("vehicle.fly", {})
    assert (caught.value.code, caught.value.recovery) == ("unknown_service", "fix_input")


async def test_what_names_the_event_is_about_the_event_whatever_the_status(site: HttpSite) -> None:
    body = {"code": "not_your_machine", "detail": "it has another owner", "event": "r1"}
    site.http.failures = [
        JSONResponse({**body, "recovery": "retry"}, 403),
        JSONResponse({**body, "recovery": "contact_us"}, 403),
    ]
    async with asyncio.timeout(60), site.machine() as machine:
        with pytest.raises(Refused, match="it has another owner"):
            await machine.report("vehicle.repair", {}, event_id="r1")
    assert site.http.failures == []


async def test_a_message_that_is_refused_as_a_whole_is_taken_apart(site: HttpSite) -> None:
    """Until the desk can take its parts; an event that is refused alone is refused."""
    await site.http.stop()
    site.http.most = 3
    async with asyncio.timeout(60), site.machine() as machine:
        for number in range(50):
            await machine.signal({"speed": number}, event_id=f"s{number}")
        await site.http.start()
        await machine.drained()
        site.http.failures = [problem(422, "bad_input", "fix_input")]
        with pytest.raises(Refused, match="bad_input"):
            await machine.report("vehicle.repair", {})
        assert site.desk.order == [f"s{number}" for number in range(50)]
        site.http.most, before = 1000, len(site.desk.arrivals)
        await asyncio.gather(*(machine.signal({"speed": n}) for n in range(200)))
        await machine.drained()
    assert max(map(len, site.desk.arrivals[before:])) > 50, "and they get large again"


async def test_notices_are_asked_for_and_acknowledged(site: HttpSite) -> None:
    body = {"notice": "n1", "kind": "case.opened", "case": "c", "words": "hello", "data": {}}
    site.http.notices = [{"type": "thingdesk.notice", "data": body}]
    seen: list[str] = []
    handle = seen.append
    async with asyncio.timeout(60), site.machine() as machine:

        async def listen() -> None:
            async for notice in machine.notices():
                handle(notice.words)

        listening = asyncio.create_task(listen())
        # it is offered at every poll, and acknowledged again, as the desk seems not to know
        await site.desk.has(lambda desk: len(desk.arrivals) >= 2)
        listening.cancel()
    assert seen == ["hello"]
    assert list(site.desk.stored) == [("car-1", "ack-n1")]
    assert site.desk.differing == []
    with Ledger(site.queue) as ledger:
        (record,) = ledger.notices()
    assert record.repeats >= 1


async def test_commands_are_asked_for_and_answered(site: HttpSite) -> None:
    site.http.commands = [command_event("c1")]
    machine = site.machine()
    handled = []

    @machine.on_command("restart")
    async def restart(command: Command) -> None:
        handled.append(command.id)

    async with asyncio.timeout(60), machine:
        await site.desk.has(lambda desk: len(desk.arrivals) >= 2)
    assert handled == ["c1"]
    (result,) = site.desk.of("result")
    assert result["data"] == {"command": "c1", "status": "done", "detail": {}}
