"""A loopback proxy that adds a token, for programs that cannot; nothing else changes."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route, Router

from thingdesk.platform.serve import listen, serve

_HOPS = {"connection", "keep-alive", "transfer-encoding", "content-length", "date"}


@asynccontextmanager
async def with_bearer(url: str, token: Callable[[], str]) -> AsyncIterator[str]:
    """Where `url` is reached with a token. The name by which it was called is passed on.

    A connection serves one request: one that is kept may be ended by the desk just as it is used.
    """
    once = httpx.Limits(max_keepalive_connections=0)
    lasting = httpx.Timeout(None)  # as streams do
    async with httpx.AsyncClient(base_url=url, timeout=lasting, limits=once) as client:

        async def pass_on(request: Request) -> StreamingResponse:
            said = [(k, v) for k, v in request.headers.raw if k.decode() not in _HOPS]
            own = [*said, (b"authorization", f"Bearer {token()}".encode())]
            if request.headers.get("host") == door.url.removeprefix("http://"):
                own = [one for one in own if one[0] != b"host"]
            asked = client.build_request(
                request.method, request.url.path, headers=own, content=await request.body()
            )
            answer = await client.send(asked, stream=True)
            kept = {k: v for k, v in answer.headers.items() if k.lower() not in _HOPS}
            closing = BackgroundTask(answer.aclose)
            return StreamingResponse(
                answer.aiter_raw(), answer.status_code, kept, background=closing
            )

        door = listen("127.0.0.1", 0, "PORT")
        app = Router([Route("/{path:path}", pass_on, methods=["GET", "POST", "DELETE"])])
        async with serve(app, door):
            yield door.url
