"""Serving an ASGI application within a running event loop."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from math import ceil
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from thingdesk.platform import ports
from thingdesk.platform.connections import Connections

AGAIN_SOON = {"Retry-After": "2"}
"""Goes with every 503: when to try again, in seconds."""

_STOP_WITHIN = 5
_HEAD_BYTES = 32 * 1024
_HEAD_WITHIN = 10.0
# a proxy keeps what is idle for 60 to 120 s: whoever closes it first loses a request of the other's
_IDLE_WITHIN = 180.0
# more than any reader of a body takes, and longer than any of them waits: theirs are the answers
# that say how to go on, this is for whoever goes on all the same
MOST_BODY_BYTES = 1024 * 1024
_BODY_WITHIN = 60.0
# more than any client or gateway needs, and few beside what a process may have open
_CONNECTIONS = 1000
_END = b"connection: close\r\ncontent-length: 0\r\n\r\n"
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\n" + _END
_TOO_MANY = b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 2\r\n" + _END
_TOO_LARGE = b"HTTP/1.1 413 Content Too Large\r\n" + _END
_App = Callable[[Any, Any, Any], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Door:
    """Where an application listens, before it answers, too."""

    url: str
    socket: socket.socket


def listen(host: str, port: int, setting: str) -> Door:
    """Port 0 picks a free one. Raises PortError, which names the `setting` of the port."""
    listening = ports.listen(host, port, setting)
    return Door(f"http://{_shown(host)}:{listening.getsockname()[1]}", listening)


class _Config(uvicorn.Config):
    head_within = _HEAD_WITHIN
    idle_within = _IDLE_WITHIN
    body_within = _BODY_WITHIN
    room: Connections


class _Bounded(HttpToolsProtocol):
    """Refuses more connections of one sender than it may have, and ends one on which a request's
    head, its body, or what follows that, goes on for ever: in bytes, or in time.

    The parser itself keeps whatever comes, and waits for the rest.
    """

    config: _Config
    _unread = 0
    _awaits_head = True
    _head_due: asyncio.TimerHandle | None = None
    _body_due: asyncio.TimerHandle | None = None
    _body_bytes = 0
    _from: str | None = None
    _is_proxy = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        address = (transport.get_extra_info("peername") or ("",))[0]
        if self.config.room.enter(address):
            self._from = address
            self._is_proxy = self.config.room.is_proxy(address)
            self._await_head()
        else:
            transport.write(_TOO_MANY)
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._from is not None:
            self.config.room.leave(self._from)
        self._stop_waiting()
        self._stop_waiting_for_body()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_proxy and self._awaits_head and not self._unread:
            self._stop_waiting()  # it was idle until now
        self._unread += len(data)
        super().data_received(data)
        if self._unread > _HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response(f"The head of a request has {_HEAD_BYTES} bytes at most.")
        if self._awaits_head and self._unread:
            self._await_head()

    def on_headers_complete(self) -> None:
        self._unread = 0
        self._awaits_head = False
        self._stop_waiting()
        self._body_bytes = 0
        self._body_due = self.loop.call_later(self.config.body_within, self._refuse, _TOO_SLOW)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._unread = 0
        self._body_bytes += len(body)
        if self._body_bytes > MOST_BODY_BYTES:
            self._refuse(_TOO_LARGE)
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._unread = 0
        self._stop_waiting_for_body()
        self._awaits_head = True
        super().on_message_complete()

    def on_response_complete(self) -> None:
        # whoever waited for an answer has the whole time again for what follows it
        self._stop_waiting()
        super().on_response_complete()
        if self._awaits_head:
            self._await_head()

    def _await_head(self) -> None:
        if self._head_due is None and not self.transport.is_closing():
            is_idle = self._is_proxy and not self._unread
            within = self.config.idle_within if is_idle else self.config.head_within
            self._head_due = self.loop.call_later(within, self._give_up)

    def _stop_waiting(self) -> None:
        if self._head_due is not None:
            self._head_due.cancel()
            self._head_due = None

    def _stop_waiting_for_body(self) -> None:
        if self._body_due is not None:
            self._body_due.cancel()
            self._body_due = None

    def _refuse(self, answer: bytes) -> None:
        """End it in the middle of a body, with an answer if none has begun."""
        self._stop_waiting_for_body()
        if self.transport.is_closing():
            return
        if not self.cycle.response_started:
            self.transport.write(answer)
        self.transport.close()

    def _give_up(self) -> None:
        self._head_due = None
        if self.cycle is not None and not self.cycle.response_complete:
            # it has time until the answer before it is whole
            self._await_head()
            return
        # who has said nothing is told nothing: browsers connect in advance
        if self._unread and not self.transport.is_closing():
            self.transport.write(_TOO_SLOW)
        self.transport.close()


class _Server(uvicorn.Server):
    """Signals are the desk's business, not the server's."""

    def capture_signals(self) -> Any:
        return nullcontext()


def _of_now(app: _App) -> _App:
    """What is answered is true at that moment, so that no cache on the way may repeat it: all but
    a file, which has an ETag to ask again by.
    """

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        async def say(message: Any) -> None:
            if message["type"] == "http.response.start":
                headers = [one for one in message["headers"] if one[0] != b"cache-control"]
                if not any(name == b"etag" for name, _ in headers):
                    message["headers"] = [*headers, (b"cache-control", b"no-store")]
            await send(message)

        await app(scope, receive, say if scope["type"] == "http" else send)

    return answer


@asynccontextmanager
async def serve(
    app: _App,
    door: Door,
    *,
    proxies: Sequence[IPv4Network | IPv6Network] = (),
    connections: int = _CONNECTIONS,
    head_within: float = _HEAD_WITHIN,
    body_within: float = _BODY_WITHIN,
) -> AsyncIterator[Door]:
    """Serve `app`, and close the door at the end. Requests under way are finished within seconds.
    Who connects has `head_within` seconds for the head of a request and `body_within` for its body.
    Of one address so many `connections` may be open, and of a proxy as many as it likes, idle for
    minutes.
    Who asks is who connects, or whom one of `proxies` (X-Forwarded-For) says it asks for. No
    cache may keep an answer without an ETag.
    """
    config = _Config(
        _of_now(app),
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=_STOP_WITHIN,
        # `head_within` ends what is idle: libraries of clients keep it for 4 to 5 s, and what is
        # used just when it is closed loses its request
        timeout_keep_alive=ceil(2 * max(head_within, _IDLE_WITHIN)),
        server_header=False,
        forwarded_allow_ips=[str(one) for one in proxies],
        http=_Bounded,
        # such a connection would leave our bounds, and nothing here speaks it
        ws="none",
    )
    config.head_within, config.body_within = head_within, body_within
    config.room = Connections(connections, proxies)
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[door.socket]))
    try:
        yield door
    finally:
        server.should_exit = True
        await task
        door.socket.close()


def _shown(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared, not bound
