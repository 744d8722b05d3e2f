"""Serving an ASGI application within a running event loop."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_STOP_WITHIN = 5
_HEAD_BYTES = 32 * 1024
_HEAD_WITHIN = 10.0
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Served:
    """Where an application listens."""

    url: str


class _Config(uvicorn.Config):
    head_within = _HEAD_WITHIN


class _Bounded(HttpToolsProtocol):
    """Ends a connection on which a request's head, or what follows its body, goes on for ever: in
    bytes, or in time.

    The parser itself keeps whatever comes, and waits for the rest.
    """

    config: _Config
    _unread = 0
    _awaits_head = True
    _head_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
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
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._unread = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._unread = 0
        self._awaits_head = True
        super().on_message_complete()

    def _await_head(self) -> None:
        if self._head_due is None and not self.transport.is_closing():
            self._head_due = self.loop.call_later(self.config.head_within, self._give_up)

    def _stop_waiting(self) -> None:
        if self._head_due is not None:
            self._head_due.cancel()
            self._head_due = None

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


@asynccontextmanager
async def serve(
    app: Any, host: str, port: int, *, head_within: float = _HEAD_WITHIN
) -> AsyncIterator[Served]:
    """Serve `app`; port 0 picks a free one. Requests under way are finished within seconds. Who
    connects has `head_within` seconds for the head of a request.

    Raises OSError when the port is taken.
    """
    config = _Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=_STOP_WITHIN,
        server_header=False,
        http=_Bounded,
    )
    config.head_within = head_within
    listening = socket.create_server((host, port))
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield Served(f"http://{_shown(host)}:{listening.getsockname()[1]}")
    finally:
        server.should_exit = True
        await task
        listening.close()


def _shown(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared, not bound
