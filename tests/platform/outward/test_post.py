import asyncio
from collections.abc import AsyncIterator
from ipaddress import ip_address, ip_network

import httpx
import pytest
from tests.listener import Listener, listening

from thingdesk.platform.outward.names import Names
from thingdesk.platform.outward.post import Attempt, End, make_http, post
from thingdesk.platform.outward.target import Forbidden, is_allowed, resolve

LOOPBACK = (ip_network("127.0.0.0/8"),)


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    async with listening() as one:
        yield one


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with make_http() as one:
        yield one


async def attempt(http: httpx.AsyncClient, url: str, limit: float = 5.0) -> Attempt:
    return await post(
        http, url, {"x-a": "1"}, b"hello", names=Names(), allowed=LOOPBACK, limit=limit
    )


async def test_a_post_arrives_whole(http: httpx.AsyncClient, listener: Listener) -> None:
    assert await attempt(http, listener.url + "?x=1") == Attempt(End.TAKEN)
    request = listener.requests.get_nowait()
    assert request.line == "POST /jobs?x=1 HTTP/1.1"
    assert request.body == b"hello"
    assert request.headers["x-a"] == "1"
    assert request.headers["host"] == f"127.0.0.1:{listener.port}"


async def test_the_host_header_keeps_the_name(http: httpx.AsyncClient, listener: Listener) -> None:
    url = f"http://localhost:{listener.port}/jobs"
    assert (await attempt(http, url)).end is End.TAKEN
    assert listener.requests.get_nowait().headers["host"] == f"localhost:{listener.port}"


@pytest.mark.parametrize(
    ("status", "end"),
    [
        ("200 OK", End.TAKEN),
        ("500 Oh", End.FAILED),
        ("404 No", End.FAILED),
        ("410 G", End.HOPELESS),
    ],
)
async def test_what_an_answer_means(
    http: httpx.AsyncClient, listener: Listener, status: str, end: End
) -> None:
    listener.answer = f"HTTP/1.1 {status}\r\ncontent-length: 2\r\n\r\nok".encode()
    answered = await attempt(http, listener.url)
    assert answered.end is end
    assert (status[:3] in answered.problem) is (end is not End.TAKEN)


async def test_a_redirect_is_not_followed(http: httpx.AsyncClient, listener: Listener) -> None:
    async with listening() as other:
        listener.answer = f"HTTP/1.1 302 Found\r\nlocation: {other.url}\r\n\r\n".encode()
        answered = await attempt(http, listener.url)
        assert other.requests.empty()
    assert answered == Attempt(
        End.FAILED, "the other side answered 302; redirects are not followed"
    )


async def test_an_endless_answer_is_cut_off(http: httpx.AsyncClient, listener: Listener) -> None:
    ended = asyncio.Event()

    async def endless(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n")
        try:
            while True:
                writer.write(b"x" * 65536)
                await writer.drain()
        finally:
            ended.set()

    listener.answer = endless
    assert (await attempt(http, listener.url)).end is End.TAKEN
    async with asyncio.timeout(60):
        await ended.wait()


async def test_one_that_answers_drop_by_drop_is_left(
    http: httpx.AsyncClient, listener: Listener
) -> None:
    leave = asyncio.Event()

    async def silent(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200")
        await writer.drain()
        await leave.wait()

    listener.answer = silent
    answered = await attempt(http, listener.url, limit=0.2)
    leave.set()
    assert answered == Attempt(End.FAILED, "no answer within 0.2 s")


async def test_rubbish_and_nobody_there(http: httpx.AsyncClient, listener: Listener) -> None:
    listener.answer = b"\x00\x01\x02 nonsense\r\n\r\n"
    assert (await attempt(http, listener.url)).end is End.FAILED
    nobody = await attempt(http, "http://127.0.0.1:1/")
    assert nobody.end is End.FAILED
    assert "ConnectError" in nobody.problem


@pytest.mark.parametrize(
    "url",
    [
        "ftp://127.0.0.1/x",
        "file:///etc/passwd",
        "http://",
        "nonsense",
        "http://name:secret@127.0.0.1/",
        "http://127.0.0.1:port/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://0.0.0.0/",
        "http://0x0a000001/",
    ],
)
async def test_where_a_webhook_may_not_go(http: httpx.AsyncClient, url: str) -> None:
    answered = await attempt(http, url, limit=2)
    assert answered.end is End.HOPELESS
    assert answered.problem


async def test_loopback_is_for_those_who_allow_it(
    http: httpx.AsyncClient, listener: Listener
) -> None:
    answered = await post(http, listener.url, {}, b"", names=Names(), allowed=())
    assert answered.end is End.HOPELESS
    with pytest.raises(Forbidden):
        await resolve(f"http://localhost:{listener.port}/", (), Names())
    assert listener.requests.empty()


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("fe80::1", False),
        ("fc00::1", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("64:ff9b::5db8:d70e", True),
        ("2002:a00:1::", False),
        ("2002:7f00:1::1", False),
        ("2002:5db8:d70e::1", True),
        ("2001:0:4136:e378:8000:63bf:f5ff:fffe", False),
        ("2001:0:a00:1::1", False),
        ("::7f00:1", False),
        ("::a00:1", False),
        ("::ffff:0:7f00:1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::c0a8:101", False),
        ("64:ff9b:1::a00:1", False),
        ("64:ff9b:1::5db8:d70e", False),
        ("fec0::1", False),
        ("feff::1", False),
        ("ff02::1", False),
        ("ff0e::1", False),
        ("239.1.2.3", False),
        ("::", False),
        ("::1", False),
        ("0.0.0.0", False),  # noqa: S104 - looked at, not bound
        ("0.1.2.3", False),
        ("127.1.2.3", False),
        ("169.254.169.254", False),
        ("172.16.0.1", False),
        ("198.18.0.1", False),
        ("192.0.0.8", False),
        ("192.88.99.1", False),
        ("240.0.0.1", False),
        ("2001:db8::1", False),
        ("3fff::1", False),
        ("5f00::1", False),
        ("100::1", False),
        ("4000::1", False),
    ],
)
def test_public_addresses(address: str, public: bool) -> None:
    assert is_allowed(ip_address(address), ()) is public
    assert is_allowed(ip_address(address), (ip_network("0.0.0.0/0"), ip_network("::/0")))
