from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Protocol

import httpx

from thingdesk.platform.outward.target import Target


class _Stream(Protocol):
    async def aclose(self) -> None: ...


@asynccontextmanager
async def request(
    http: httpx.AsyncClient,
    method: str,
    target: Target,
    headers: Mapping[str, str],
    **content: Any,
) -> AsyncIterator[httpx.Response]:
    """The answer to one request, before it is read. Whatever ends it closes its socket: httpcore
    1.0 leaves that of a cancelled TLS handshake open for as long as the other side likes.
    """
    shaking: list[_Stream] = []

    async def trace(event: str, info: Mapping[str, Any]) -> None:
        if event == "connection.connect_tcp.complete":
            shaking.append(info["return_value"])
        elif event == "connection.start_tls.complete":
            shaking.clear()

    try:
        async with http.stream(
            method,
            target.url,
            headers={**headers, "host": target.host},
            extensions={"sni_hostname": target.name, "trace": trace},
            **content,
        ) as response:
            yield response
    finally:
        for one in shaking:
            await one.aclose()
