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


@dataclass(frozen=True, slots=True)
class Served:
    """Where an application listens."""

    url: str


class _Bounded(HttpToolsProtocol):
    """Ends a connection on which a request's head, or what follows its body, goes on for ever.

    The parser itself keeps whatever comes.
    """

    _unread = 0

    def data_received(self, data: bytes) -> None:
        self._unread += len(data)
        super().data_received(data)
        if self._unread > _HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response(f"The head of a request has {_HEAD_BYTES} bytes at most.")

    def on_headers_complete(self) -> None:
        self._unread = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._unread = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._unread = 0
        super().on_message_complete()


class _Server(uvicorn.Server):
    """Signals are the desk's business, not the server's."""

    def capture_signals(self) -> Any:
        return nullcontext()


@asynccontextmanager
async def serve(app: Any, host: str, port: int) -> AsyncIterator[Served]:
    """Serve `app`; port 0 picks a free one. Requests under way are finished within seconds.

    Raises OSError when the port is taken.
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=_STOP_WITHIN,
        server_header=False,
        http=_Bounded,
    )
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
