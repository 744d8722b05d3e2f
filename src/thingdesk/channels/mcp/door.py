"""The end point: who calls is recognised at each request, before anything of it is read."""

import asyncio
from urllib.parse import urlsplit

from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from thingdesk.access import Caller, Callers, Presented, Surface
from thingdesk.channels.mcp.calls import CALLER, WITHIN
from thingdesk.intake import BUSY
from thingdesk.platform.errors import Refusal, Refused, refuse
from thingdesk.platform.serve import AGAIN_SOON

_SCHEMES = ("bearer", "dpop")
_OF_CALLERS = ("token_", "proof_")
_ALGORITHMS = "EdDSA ES256"


class Entry:
    """Recognises callers, and hands their requests to the manager once it runs."""

    def __init__(
        self, callers: Callers, manager: StreamableHTTPSessionManager, stop: asyncio.Event
    ) -> None:
        self._callers = callers
        self._manager = manager
        self._stop = stop
        self.at = Surface.MCP.at(callers.base)
        self.runs = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            caller = await self._recognise(scope)
        except Refused as refused:
            await self._refusal(refused.refusal)(scope, receive, send)
            return
        if self._stop.is_set():  # the manager has ended: another worker answers
            await self._refusal(BUSY)(scope, receive, send)
            return
        await self.runs.wait()
        await self._manager.handle_request({**scope, CALLER: caller}, receive, send)

    async def _recognise(self, scope: Scope) -> Caller:
        headers = Headers(scope=scope)
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() not in _SCHEMES or not token.strip():
            raise refuse("token_missing", "send Authorization: Bearer, or DPoP, with a token")
        shown = Presented(
            token.strip(), scheme.lower(), headers.get("dpop"), scope["method"], self.at
        )
        try:
            # whoever is not recognised yet counts for nothing in what may be under way
            async with asyncio.timeout(WITHIN):
                return await self._callers.recognise(shown, Surface.MCP)
        except TimeoutError:
            raise Refused(BUSY) from None

    def _refusal(self, refusal: Refusal) -> JSONResponse:
        """RFC 6750, 9449 and 9728: what to show, and where to get it."""
        told = {"error": "invalid_token", **refusal.as_data()}
        if not refusal.code.startswith(_OF_CALLERS):
            return JSONResponse(told, 503, AGAIN_SOON)
        proof = refusal.code.startswith("proof_")
        error = "invalid_dpop_proof" if proof else "invalid_token"
        # who has shown nothing is told where to get a token, and not that it is a bad one
        said = "" if refusal.code == "token_missing" else f', error="{error}"'
        where = f'resource_metadata="{_metadata(self.at)}"'
        answer = JSONResponse({**told, "error": error}, 401)
        answer.headers.append("www-authenticate", f"Bearer {where}{said}")
        answer.headers.append("www-authenticate", f'DPoP algs="{_ALGORITHMS}", {where}{said}')
        return answer


def _metadata(at: str) -> str:
    """RFC 9728: the well-known path comes between the host and the path of the resource."""
    parts = urlsplit(at)
    return f"{parts.scheme}://{parts.netloc}/.well-known/oauth-protected-resource{parts.path}"
