"""What a request says beside its parameters: who calls, and what their client can do."""

from typing import Any

from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import INTERNAL_ERROR, INVALID_PARAMS, METHOD_NOT_FOUND
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from thingdesk import calling
from thingdesk.access import Caller
from thingdesk.platform.errors import Recovery, Refusal, Refused

Context = ServerRequestContext[Any, Request]


def caller_of(ctx: Context) -> Caller:
    """Whom the door has recognised: each request shows its own token, in a session, too."""
    if ctx.request is None:  # no request gets here but by the door
        raise MCPError(INVALID_PARAMS, "this needs a request over HTTP")
    return calling.caller_of(ctx.request)


def principal(caller: Caller) -> str:
    """For whom something is sealed."""
    mandate = caller.mandate.id if caller.mandate else "-"
    return f"{caller.machine} {caller.owner_id or '-'} {mandate}"


def is_modern(ctx: Context) -> bool:
    """Whether the request is of a revision without sessions, 2026-07-28 or later."""
    return ctx.protocol_version in MODERN_PROTOCOL_VERSIONS


def shows_urls(ctx: Context) -> bool:
    """Whether the client can send its user to an address of ours."""
    can = ctx.session.client_capabilities
    return can is not None and can.elicitation is not None and can.elicitation.url is not None


def knows(ctx: Context, extension: str) -> bool:
    """Whether the client has declared this extension; none before 2026-07-28 can."""
    can = ctx.session.client_capabilities
    return is_modern(ctx) and can is not None and extension in (can.extensions or {})


def only_modern(ctx: Context) -> None:
    """Raises as for a method that there is not."""
    if not is_modern(ctx):
        raise MCPError(METHOD_NOT_FOUND, "Method not found", data=ctx.method)


def as_error(refused: Refused, **data: Any) -> MCPError:
    """A refusal where the protocol has errors alone."""
    refusal: Refusal = refused.refusal
    later = refusal.recovery is Recovery.RETRY
    code = INTERNAL_ERROR if later else INVALID_PARAMS
    return MCPError(code, refusal.reason, data={**refusal.as_data(), **data})


def as_answer(refusal: Refusal, status: int) -> Response:
    """The same to a request of which nothing was read, its id neither."""
    error = as_error(Refused(refusal)).error.model_dump(mode="json", exclude_none=True)
    return JSONResponse({"jsonrpc": "2.0", "id": None, "error": error}, status)
