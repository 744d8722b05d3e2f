"""Nobody comes in without a token, and what is sent is bounded before it is read."""

import asyncio
import logging
from typing import Any

import httpx
import orjson
import pytest
from tests.channels.a2a.conftest import Surface
from tests.journeys.garage import MISFIRE
from tests.parties.making import signing

from thingdesk.platform import ids

VERSION = {"A2A-Version": "1.0"}
REPAIR = {"service": "vehicle.repair", "input": MISFIRE}


def call(method: str, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


def sending(**more: Any) -> dict[str, Any]:
    message = {
        "messageId": str(ids.new()),
        "role": "ROLE_USER",
        "parts": [{"data": REPAIR}],
        **more,
    }
    return call("SendMessage", message=message, configuration={"returnImmediately": True})


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer x.y.z", "Basic Zm9v", "DPoP a.b.c", f"Bearer {'x' * 9000}"],
)
@pytest.mark.parametrize("path", ["/a2a", "/a2a/tasks", "/a2a/extendedAgentCard"])
async def test_whoever_shows_no_good_token_is_told_where_to_get_one(
    surface: Surface, authorization: str | None, path: str
) -> None:
    headers = {"Authorization": authorization} if authorization is not None else {}
    async with httpx.AsyncClient(
        base_url=surface.url, headers={**VERSION, **headers}, timeout=30
    ) as http:
        asked = http.post(path, json=call("ListTasks")) if path == "/a2a" else http.get(path)
        answer = await asked
    assert answer.status_code == httpx.codes.UNAUTHORIZED
    said = answer.headers["www-authenticate"]
    assert f'{surface.url}/.well-known/oauth-protected-resource/a2a"' in said
    assert 'DPoP algs="EdDSA ES256"' in said
    assert answer.json()["code"].startswith(("token_", "proof_"))


async def test_a_key_that_was_never_registered_is_no_good(surface: Surface) -> None:
    agent = await surface.agent()
    forged = {"Authorization": f"Bearer {signing(agent.name).token()}", **VERSION}
    answer = await agent.http.post("/a2a", json=call("ListTasks"), headers=forged)
    assert answer.status_code == httpx.codes.UNAUTHORIZED


async def test_a_body_is_bounded_in_size_and_depth(surface: Surface) -> None:
    agent = await surface.agent()
    deep: Any = 1
    for _ in range(40):
        deep = [deep]
    nested = sending(parts=[{"data": {**REPAIR, "input": {"x": deep}}}])
    for body, status, code in (
        (b" " * 300_000, 413, "too_large"),
        (orjson.dumps(nested), 400, "too_deep"),
        (b"[" * 200_000, 400, "too_deep"),
    ):
        answer = await agent.http.post("/a2a", content=body, headers=VERSION)
        assert answer.status_code == status
        assert answer.json()["error"]["data"][0]["metadata"]["code"] == code


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'{"jsonrpc":"2.0","id":1,"method":"SendMessage","params":[]}',
        b'{"jsonrpc":"2.0","id":1,"method":"SendMessage","params":{"message":7}}',
        b'{"jsonrpc":"2.0","id":1,"method":"DropTables","params":{}}',
    ],
)
async def test_what_is_broken_is_an_error_and_no_failure(
    surface: Surface, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    agent = await surface.agent()
    with caplog.at_level(logging.WARNING):
        answer = await agent.http.post("/a2a", content=body, headers=VERSION)
    assert answer.status_code == httpx.codes.OK
    error = answer.json()["error"]
    assert error["code"] in (-32700, -32600, -32601, -32602)
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize(
    "body",
    [
        b'{"jsonrpc":"2.0","id":"\\ud800","method":"ListTasks","params":{}}',
        b'{"jsonrpc":"2.0","id":"\xed\xa0\x80","method":"ListTasks","params":{}}',
        b'{"jsonrpc":"2.0","id":1,"method":"\\udc00","params":{}}',
        b'{"jsonrpc":"2.0","id":1,"method":"GetTask","params":{"id":"\\ud800"}}',
        b'{"jsonrpc":"2.0","id":1,"method":"ListTasks","params":{"statusTimestampAfter":"\\ud800"}}',
    ],
)
async def test_half_a_character_is_no_request(
    surface: Surface, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    agent = await surface.agent()
    with caplog.at_level(logging.WARNING):
        answer = await agent.http.post("/a2a", content=body, headers=VERSION)
    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    told = answer.json()
    assert (told["id"], told["error"]["code"]) == (None, -32600)
    assert told["error"]["data"][0]["metadata"]["recovery"] == "fix_input"
    assert "Traceback" not in caplog.text


NUL = "car\0"


@pytest.mark.parametrize(
    "asked",
    [
        call("ListTasks", contextId=NUL),
        call("ListTasks", contextId="no machine's id"),
        call("ListTasks", pageToken=NUL),
        sending(contextId=NUL),
        sending(messageId=NUL),
        sending(parts=[{"data": {**REPAIR, "subject": NUL}}]),
        sending(parts=[{"data": {**REPAIR, "service": NUL}}]),
    ],
)
async def test_no_nul_comes_as_far_as_the_database(surface: Surface, asked: dict[str, Any]) -> None:
    agent = await surface.agent()
    error = (await agent.http.post("/a2a", json=asked, headers=VERSION)).json()["error"]
    assert error["code"] == -32602, error
    assert error["data"][0]["metadata"]["recovery"] == "fix_input"


async def test_a_nul_in_an_address_is_unfit_or_finds_nothing(surface: Surface) -> None:
    agent = await surface.agent()
    for path, status in (
        ("/tasks?contextId=%00", 400),
        ("/tasks?pageToken=%00", 400),
        ("/tasks?tenant=%00", 200),
        ("/tasks/%00", 404),
    ):
        answer = await agent.http.get(f"/a2a{path}", headers=VERSION)
        assert answer.status_code == status, (path, answer.text)


async def test_a_nul_that_the_database_cannot_hold_is_refused(surface: Surface) -> None:
    agent = await surface.agent()
    for given in ({"code": "P\x00301"}, {"code": "P0301", "x\x00": 1}):
        parts = [{"data": {"service": "vehicle.repair", "input": given}}]
        answer = await agent.http.post("/a2a", json=sending(parts=parts), headers=VERSION)
        error = answer.json()["error"]
        assert error["code"] == -32602, error
        assert error["data"][0]["metadata"]["recovery"] == "fix_input"


async def test_a_refusal_says_its_code_and_recovery(surface: Surface) -> None:
    agent = await surface.agent()
    parts = [{"text": "please help"}]
    rpc = (await agent.http.post("/a2a", json=sending(parts=parts), headers=VERSION)).json()
    body = {"message": {"messageId": "m1", "role": "ROLE_USER", "parts": parts}}
    rest = await agent.http.post("/a2a/message:send", json=body, headers=VERSION)
    for error in (rpc["error"]["data"], rest.json()["error"]["details"]):
        assert error[0]["metadata"]["code"] == "no_service_asked"
        assert error[0]["metadata"]["recovery"] == "fix_input"
        assert "send one data part" in str(error)
    assert rest.status_code == httpx.codes.BAD_REQUEST


async def test_another_version_of_the_protocol_is_refused(surface: Surface) -> None:
    agent = await surface.agent()
    answer = await agent.http.post("/a2a", json=sending(), headers={"A2A-Version": "0.3"})
    assert answer.json()["error"]["code"] == -32009


async def test_of_one_caller_only_so_many_requests_are_under_way(surface: Surface) -> None:
    agent, other = await surface.agent(), await surface.agent()
    one = (await agent.http.post("/a2a", json=sending(), headers=VERSION)).json()
    task = one["result"]["task"]["id"]
    following = call("SubscribeToTask", id=task)
    async with asyncio.timeout(60), httpx.AsyncClient(
        base_url=surface.url, headers={**agent.http.headers, **VERSION}, timeout=30,
        limits=httpx.Limits(max_connections=None),
    ) as http:  # fmt: skip
        streams = []
        for _ in range(32):
            stream = http.stream("POST", "/a2a", json=following)
            answer = await stream.__aenter__()
            assert answer.status_code == httpx.codes.OK
            await anext(chunks := answer.aiter_bytes())
            streams.append((stream, chunks))
        refused = await http.post("/a2a", json=call("ListTasks"))
        assert refused.status_code == httpx.codes.TOO_MANY_REQUESTS
        assert refused.headers["retry-after"]
        told = refused.json()["error"]["data"][0]["metadata"]
        assert (told["code"], told["recovery"]) == ("too_much_at_once", "retry")
        served = await other.http.post("/a2a", json=call("ListTasks"), headers=VERSION)
        assert "result" in served.json()
        for stream, _ in streams:
            await stream.__aexit__(None, None, None)


async def test_a_path_of_a_tenant_is_none(surface: Surface) -> None:
    agent = await surface.agent()
    answer = await agent.http.get("/a2a/someone/tasks", headers=VERSION)
    assert answer.status_code == httpx.codes.NOT_FOUND


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity", b"1e999"])
async def test_a_number_that_is_none_is_refused(surface: Surface, number: bytes) -> None:
    agent = await surface.agent()
    body = orjson.dumps(sending()).replace(b'"P0301"', number)
    answer = await agent.http.post("/a2a", content=body, headers=VERSION)
    assert answer.json()["error"]["code"] == -32602, answer.text
