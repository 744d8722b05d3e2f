"""How many calls are left, with every answer to a call that is counted.

Source: https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-10
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from thingdesk.platform.quota import Left, Quota

_Message = MutableMapping[str, Any]
_App = Callable[[Any, Any, Any], Awaitable[None]]
_NAME = "calls"


class Telling:
    """An application whose answers say so."""

    def __init__(self, app: _App, quota: Quota) -> None:
        self._app = app
        self._policy = f'"{_NAME}";q={quota.most};w={quota.window:.0f}'.encode()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})

        async def say(message: _Message) -> None:
            left: Left | None = state.get("left")
            if left is not None and message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self._headers(left)]
            await send(message)

        await self._app(scope, receive, say)

    def _headers(self, left: Left) -> list[tuple[bytes, bytes]]:
        limit = f'"{_NAME}";r={left.remaining};t={left.reset}'.encode()
        told = [(b"ratelimit-policy", self._policy), (b"ratelimit", limit)]
        if left.wait:
            told.append((b"retry-after", str(left.wait).encode()))
        return told
