"""What is behind the gate: the library's manager, while it runs."""

import asyncio

from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.types import Receive, Scope, Send

from thingdesk.calling import answered, status_of
from thingdesk.channels.mcp.calls import as_answer
from thingdesk.intake import BUSY


class Entry:
    """Hands requests to the manager once it runs."""

    def __init__(self, manager: StreamableHTTPSessionManager, stop: asyncio.Event) -> None:
        self._manager = manager
        self._stop = stop
        self.runs = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if self._stop.is_set():  # the manager has ended: another worker answers
            answer = answered(as_answer(BUSY, status_of(BUSY)), BUSY)
            await answer(scope, receive, send)
            return
        await self.runs.wait()
        await self._manager.handle_request(scope, receive, send)
