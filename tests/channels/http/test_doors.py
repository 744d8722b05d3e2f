"""Who is let in, and how a request that cannot be answered is refused."""

import asyncio
import contextlib
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from tests.desk import DeskProcess
from tests.parties.making import Signing, signing
from tests.saying import Caller, refused, signal

from thingdesk import parties
from thingdesk.calling import body
from thingdesk.platform.cloudevents import MOST_BYTES
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refused

PATHS = [
    ("POST", "/v1/signals"),
    ("POST", "/v1/reports"),
    ("POST", "/v1/acks"),
    ("POST", "/v1/results"),
    ("GET", "/v1/notices"),
    ("GET", "/v1/commands"),
    ("GET", "/v1/cases/01938a3e-0000-7000-8000-000000000000"),
]


@pytest.mark.parametrize(("method", "path"), PATHS)
async def test_nobody_enters_without_a_token(
    http: httpx.AsyncClient, method: str, path: str
) -> None:
    for headers in ({}, {"Authorization": "Basic Y2FyOmNhcg=="}, {"Authorization": "Bearer"}):
        answer = await http.request(method, path, headers=headers)
        refused(answer, 401, "token_missing", "fix_input")
        where = f"{http.base_url}/.well-known/oauth-protected-resource/v1"
        ways = answer.headers["www-authenticate"]
        assert ways.startswith(f'Bearer resource_metadata="{where}", DPoP algs="EdDSA ES256"')


def none_token(car: Signing) -> str:
    """Not signed at all."""
    return "eyJhbGciOiJub25lIn0." + car.token().split(".")[1] + "."


def foreign(car: Signing) -> str:
    """Good, but by a key that nobody registered."""
    return signing(car.machine).token()


@pytest.mark.parametrize(
    ("token", "code", "recovery"),
    [
        (none_token, "token_unreadable", "fix_input"),
        (Signing.hmac_token, "token_unreadable", "fix_input"),
        (lambda car: car.token()[:-8] + "AAAAAAAA", "token_unreadable", "fix_input"),
        (lambda _: "no token", "token_unreadable", "fix_input"),
        (lambda _: "a" * 10_000, "token_unreadable", "fix_input"),
        (foreign, "token_key_unknown", "contact_us"),
        (lambda car: car.token(sub="press-0"), "token_claims_wrong", "fix_input"),
        (lambda car: car.token(aud="elsewhere"), "token_claims_wrong", "fix_input"),
        (lambda car: car.token(exp=2_000_000_000), "token_claims_wrong", "fix_input"),
        (lambda car: car.token(iat=1_000_000_000, exp=1_000_000_300), "token_expired", "retry"),
    ],
)
async def test_a_token_that_is_no_good_is_refused(
    car: Caller, token: Any, code: str, recovery: str
) -> None:
    answer = await car.call("POST", "/v1/signals", token(car.signing), json=signal(car.id))
    refused(answer, 401, code, recovery)


async def test_an_expired_token_is_told_the_time(car: Caller) -> None:
    old = car.signing.token(iat=1_000_000_000, exp=1_000_000_300)
    (field,) = refused(await car.call("GET", "/v1/notices", old), 401, "token_expired", "retry")
    assert "the desk's time is 20" in field["mend"]


async def test_a_token_lets_its_own_machine_in_alone(
    car: Caller, other: Caller, database: Database
) -> None:
    one = signal(car.id)
    assert await other.receipts("signals", one)
    async with database.transaction() as tx:
        sender = await tx.fetchval("select machine from signal where event_id = $1", one["id"])
    assert sender == other.id


async def test_a_revoked_key_is_good_for_nothing(car: Caller, database: Database) -> None:
    await car.receipts("signals", signal(car.id))
    async with database.transaction() as tx:
        await parties.revoke_key(tx, car.signing.kid, "lost")
    answer = await car.say("signals", signal(car.id))
    refused(answer, 401, "token_key_revoked", "contact_us")


async def test_the_desk_shows_its_keys_and_its_catalog(http: httpx.AsyncClient) -> None:
    desk = (await http.get("/v1/desk")).json()
    assert desk["issuer"] == "thingdesk"
    assert all(one["crv"] == "Ed25519" and "d" not in one for one in desk["keys"])
    offered = {one["name"]: one for one in (await http.get("/v1/catalog")).json()["services"]}
    assert offered["meter.reading"]["instant"]
    assert offered["vehicle.repair"]["input"]["properties"]["code"]["pattern"]
    described = (await http.get("/v1/openapi.json")).json()["paths"]
    assert {"/signals", "/reports", "/jobs/{token}"} <= set(described)


ANSWERS = {
    **dict.fromkeys(("/v1/time", "/v1/desk"), 200),
    **dict.fromkeys(("/v1/notices", "/v1/commands"), 401),
    **dict.fromkeys(("/v1/nothing", "/static/nothing.css", "/v1/jobs/token"), 404),
    **dict.fromkeys(("/health", "/ready", "/log-in", "/owner"), 200),
}


@pytest.mark.parametrize(("path", "status"), ANSWERS.items())
async def test_no_cache_repeats_what_was_true_a_while_ago(
    http: httpx.AsyncClient, path: str, status: int
) -> None:
    answer = await http.get(path)
    assert answer.status_code == status
    assert answer.headers.get_list("cache-control") == ["no-store"]


async def test_no_cache_repeats_what_a_machine_was_told(car: Caller) -> None:
    for answer in (await car.call("GET", "/v1/notices"), await car.say("signals", signal(car.id))):
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"


async def test_a_cache_may_keep_what_it_can_ask_after(http: httpx.AsyncClient) -> None:
    style = await http.get("/static/base.css")
    assert style.status_code == 200
    assert "etag" in style.headers
    assert "cache-control" not in style.headers
    again = await http.get("/static/base.css", headers={"If-None-Match": style.headers["etag"]})
    assert again.status_code == 304
    assert "cache-control" not in again.headers


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1/", "/v1/signals/more", "/v1/%00"])
async def test_an_unknown_path_is_a_problem(http: httpx.AsyncClient, path: str) -> None:
    refused(await http.get(path), 404, "not_found", "fix_input")


async def test_a_wrong_method_is_a_problem(http: httpx.AsyncClient) -> None:
    answer = await http.get("/v1/signals")
    refused(answer, 405, "method_not_allowed", "fix_input")
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/v1/notices?most=0", "query.most"),
        ("/v1/notices?most=many", "query.most"),
        ("/v1/cases/no-id", "path.case_id"),
        ("/v1/cases/%00", "path.case_id"),
    ],
)
async def test_a_parameter_that_does_not_fit_is_a_problem(
    car: Caller, path: str, field: str
) -> None:
    fields = refused(await car.call("GET", path), 422, "unfit_request", "fix_input")
    assert [one["path"] for one in fields] == [field]


async def raw(desk: DeskProcess, car: Caller, *parts: bytes) -> tuple[bytes, bytes]:
    """Head and body of the answer to a request to /v1/signals that is written by hand."""
    reader, writer = await asyncio.open_connection("127.0.0.1", desk.http_port)
    head = (
        "POST /v1/signals HTTP/1.1\r\nHost: desk\r\nConnection: close\r\n"
        f"Authorization: Bearer {car.signing.token()}\r\n"
    )
    try:
        for part in (head.encode(), *parts):
            writer.write(part)
            await writer.drain()
        async with asyncio.timeout(60):
            answer = await reader.readuntil(b"\r\n\r\n")
            return answer, await reader.read()
    finally:
        writer.close()


async def test_a_body_that_says_it_is_too_large_is_not_read(desk: DeskProcess, car: Caller) -> None:
    head, said = await raw(desk, car, b"Content-Length: 300000000\r\n\r\n", b"[" * 100)
    assert head.startswith(b"HTTP/1.1 413 ")
    assert b'"code":"too_large"' in said
    assert b'"recovery":"fix_input"' in said


async def test_a_body_in_chunks_is_read_to_the_limit_alone(desk: DeskProcess, car: Caller) -> None:
    piece = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    # what is still on its way when the desk answers would reset the connection, and lose the answer
    one_more = b"1\r\n \r\n"
    pieces = [*[piece] * (MOST_BYTES // 0x10000), one_more]
    head, said = await raw(desk, car, b"Transfer-Encoding: chunked\r\n\r\n", *pieces)
    assert head.startswith(b"HTTP/1.1 413 ")
    assert b'"code":"too_large"' in said


@pytest.mark.parametrize(
    "begun",
    [
        b"GET /",
        b"GET / HTTP/1.1\r\nHost: desk\r\nOne: ",
        b"POST /v1/signals HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nOne: ",
    ],
)
async def test_what_goes_on_for_ever_is_not_kept(desk: DeskProcess, begun: bytes) -> None:
    """A path, a header, or a trailer: the connection is ended soon."""
    _, writer = await asyncio.open_connection("127.0.0.1", desk.http_port)
    writer.write(begun)
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(60):
            for _ in range(1000):
                writer.write(b"x" * 8192)
                await writer.drain()
            pytest.fail("it took in eight megabytes")
    writer.close()


async def test_a_body_that_fits_exactly_is_read(car: Caller) -> None:
    answer = await car.call("POST", "/v1/signals", content=b" " * (MOST_BYTES - 1) + b"7")
    refused(answer, 422, "bad_event", "fix_input")
    answer = await car.call("POST", "/v1/signals", content=b" " * MOST_BYTES + b"7")
    refused(answer, 413, "too_large", "fix_input")


async def test_a_shorter_body_than_was_said_does_no_harm(desk: DeskProcess, car: Caller) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", desk.http_port)
    token = car.signing.token()
    writer.write(
        b"POST /v1/signals HTTP/1.1\r\nHost: desk\r\nContent-Length: 100\r\n"
        b"Authorization: Bearer " + token.encode() + b"\r\n\r\n[]"
    )
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert await reader.read() == b""
    assert await car.receipts("signals", signal(car.id))


async def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    never = asyncio.Event()

    async def silence() -> Any:
        await never.wait()

    scope = {"type": "http", "method": "POST", "headers": [(b"content-length", b"10")]}
    with pytest.raises(Refused) as caught:
        await body.read(Request(scope, silence), within=0.01)
    assert caught.value.refusal.code == "body_late"


@pytest.mark.parametrize(
    "path",
    [
        "/v1/catalog",
        "/v1/openapi.json",
        "/v1/asyncapi.json",
        "/.well-known/agent-card.json",
        "/.well-known/machine-support.json",
        "/.well-known/wot",
    ],
)
async def test_what_anybody_may_read_is_made_once_and_not_sent_to_who_has_it(
    http: httpx.AsyncClient, path: str
) -> None:
    first = await http.get(path)
    again = await http.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert first.status_code == 200
    assert first.headers["cache-control"] == "public, max-age=300"
    assert first.headers["access-control-allow-origin"] == "*"
    assert (again.status_code, again.content) == (304, b"")
