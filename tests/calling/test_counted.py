"""Every call of a machine is counted, once, whichever surface it comes by."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from tests.desk import DeskProcess, running
from tests.outside.http.held import TICKETS
from tests.saying import Caller, a_caller, a_centre, report

from thingdesk.platform import ids
from thingdesk.platform.database import Database

CALLS = 6
_BOUNDED = "what a machine sends has a share of the intake"
_ANYBODY = "anybody may read it"
_PROVIDER = "no machine: the signed link of a provider"
# what is not counted, and why
NOT_COUNTED = {
    "POST /v1/signals": _BOUNDED,
    "POST /v1/reports": _BOUNDED,
    "POST /v1/acks": _BOUNDED,
    "POST /v1/results": _BOUNDED,
    "GET /v1/catalog": _ANYBODY,
    "GET /v1/desk": _ANYBODY,
    "GET /v1/time": _ANYBODY,
    "GET /v1/jobs/{token}": _PROVIDER,
    "POST /v1/jobs/{token}": _PROVIDER,
}
MODERN = "2026-07-28"
META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {},
}
OF_MCP = ("tools/list", "resources/list", "resources/templates/list", "server/discover")
OF_A2A = ("/a2a/tasks", "/a2a/extendedAgentCard")


@pytest.fixture(scope="module")
async def desk(
    tmp_path_factory: pytest.TempPathFactory, database: Database, database_url: str
) -> AsyncIterator[DeskProcess]:
    """With so few calls that a second one taken for the same would show for ten seconds."""
    folder = tmp_path_factory.mktemp("desk") / "desk"
    await a_centre(database)
    async with running(folder, database_url=database_url, calls=CALLS) as one:
        yield one


@pytest.fixture(scope="module")
async def http(desk: DeskProcess) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=desk.http, timeout=60) as client:
        yield client


@pytest.fixture
async def car(database: Database, http: httpx.AsyncClient) -> Caller:
    return await a_caller(database, http)


def cost(answer: httpx.Response) -> int | None:
    """What the first call of a machine has cost; None where it was not counted."""
    told = dict(one.split("=") for one in answer.headers.get("ratelimit", "").split(";")[1:])
    return CALLS - int(told["r"]) if told else None


async def costs_of(
    database: Database, http: httpx.AsyncClient, prefix: str
) -> dict[str, int | None]:
    """Of each operation that is described there, called by a machine that has made no call yet."""
    described = (await http.get(f"{prefix}/openapi.json")).json()["paths"]
    found = {}
    for path, methods in described.items():
        for method in methods:
            caller = await a_caller(database, http)
            brought: Any = {"json": {}} if method in ("post", "patch") else {}
            answer = await caller.call(method.upper(), _filled(prefix + path), **brought)
            found[f"{method.upper()} {prefix}{path}"] = cost(answer)
    return found


def _filled(path: str) -> str:
    return "/".join(str(ids.new()) if one.startswith("{") else one for one in path.split("/"))


@pytest.mark.parametrize("prefix", ["/v1", TICKETS])
async def test_every_operation_costs_one_or_says_why_not(
    database: Database, http: httpx.AsyncClient, prefix: str
) -> None:
    found = await costs_of(database, http, prefix)
    assert len(found) > len(NOT_COUNTED)
    free = {one: None for one in NOT_COUNTED if f" {prefix}/" in one}
    assert found == dict.fromkeys(found, 1) | free


@pytest.mark.parametrize("path", ["/v1/cases", "/v1/notices", f"{TICKETS}/troubleTicket"])
async def test_a_list_costs_one_however_much_is_in_it(car: Caller, path: str) -> None:
    for code in ("P0301", "P0302", "P0303"):
        await car.case_of(report(car.id, code))
    assert cost(await car.call("GET", path)) == 1


@pytest.mark.parametrize("method", OF_MCP)
async def test_a_list_of_mcp_costs_one(car: Caller, method: str) -> None:
    await car.case_of(report(car.id))
    headers = {
        "authorization": f"Bearer {car.signing.token()}",
        "accept": "application/json, text/event-stream",
        "mcp-protocol-version": MODERN,
        "mcp-method": method,
    }
    said = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {"_meta": META}}
    answer = await car.http.post("/mcp", json=said, headers=headers)
    assert "result" in answer.json(), answer.text
    assert cost(answer) == 1


@pytest.mark.parametrize("path", OF_A2A)
async def test_a_list_of_a2a_costs_one(car: Caller, path: str) -> None:
    await car.case_of(report(car.id))
    bearer = {"authorization": f"Bearer {car.signing.token()}", "a2a-version": "1.0"}
    answer = await car.http.get(path, headers=bearer)
    assert answer.status_code == 200, answer.text
    assert cost(answer) == 1


@pytest.mark.parametrize("path", ["/v1/notices", "/v1/commands"])
async def test_who_asks_too_often_what_waits_for_it_is_told_when_to_come_again(
    database: Database, car: Caller, path: str
) -> None:
    other = await a_caller(database, car.http)
    answers = [await car.call("GET", path) for _ in range(CALLS)]
    while answers[-1].status_code == 200:  # a call comes back each ten seconds
        answers.append(await car.call("GET", path))
    late: Any = answers[-1]
    assert late.status_code == 429
    assert late.headers["content-type"] == "application/problem+json"
    assert (late.json()["code"], late.json()["recovery"]) == ("too_many_calls", "retry")
    assert late.headers["ratelimit-policy"] == f'"calls";q={CALLS};w=60'
    assert late.headers["ratelimit"].startswith('"calls";r=0;t=')
    assert int(late.headers["retry-after"]) >= 1
    assert (await other.call("GET", path)).status_code == 200
