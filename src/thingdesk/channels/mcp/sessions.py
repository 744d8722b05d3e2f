"""Sessions of 2025-11-25, which any worker takes over: their ids say how they began.

The library's manager keeps sessions in memory, and answers 404 to one that another worker began.
Here such a session is begun again from its id, without the client knowing. What is lost with a
worker is what it had subscribed to, and its standing stream, which a client opens anew.
"""

import logging
from collections import OrderedDict
from typing import Any

import anyio
from anyio.abc import TaskStatus
from mcp.server import Server
from mcp.server.connection import Connection
from mcp.server.runner import serve_connection
from mcp.server.streamable_http import MCP_SESSION_ID_HEADER, StreamableHTTPServerTransport
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from mcp.shared.jsonrpc_dispatcher import JSONRPCDispatcher
from mcp_types import InitializeRequestParams
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, LATEST_HANDSHAKE_VERSION
from pydantic import BaseModel, ValidationError
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Message, Receive, Scope, Send

from thingdesk.calling import caller_of
from thingdesk.channels.mcp.calls import principal
from thingdesk.channels.mcp.listening import Subscriptions
from thingdesk.channels.mcp.sealing import Sessions
from thingdesk.platform import ids
from thingdesk.platform.sparing import SparingLog

# each takes about 30 KB; one that is sent away is begun again when it is called
_MOST = 2_000
_EACH = 16
_IDLE = 600.0
_failures = SparingLog(logging.getLogger(__name__))


class _Opening(BaseModel):
    method: str
    params: dict[str, Any]


class Manager(StreamableHTTPSessionManager):
    """The library's, but that a session is named by how it began."""

    def __init__(
        self,
        app: Server[Any],
        sessions: Sessions,
        subscriptions: Subscriptions,
        hosts: TransportSecuritySettings,
    ) -> None:
        super().__init__(
            app,
            security_settings=hosts,
            session_idle_timeout=_IDLE,
            max_sessions=None,
        )
        self._sessions = sessions
        self._subscriptions = subscriptions
        subscriptions.let_go = self._let_go
        self._held: OrderedDict[str, str] = OrderedDict()

    async def _handle_stateful_request(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = Headers(scope=scope).get(MCP_SESSION_ID_HEADER)
        who = principal(caller_of(Request(scope)))
        if name is None:
            await self._open(who, scope, receive, send)
            return
        began = self._sessions.read(name, who)
        if began is None:
            words = "Session not found"
            answer = {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": words}}
            await JSONResponse(answer, 404)(scope, receive, send)
            return
        if scope["method"] == "DELETE":
            # it holds nothing that would have to end, and its name is good until its time is over
            await self._let_go(name)
            await JSONResponse(None, 405, {"Allow": "GET, POST"})(scope, receive, send)
            return
        transport = self._server_instances.get(name)
        if transport is None or _is_over(transport):
            transport = await self._take_over(name, who, began)
        if name in self._held:
            self._held.move_to_end(name)
        await transport.handle_request(scope, receive, send)

    async def _open(self, who: str, scope: Scope, receive: Receive, send: Send) -> None:
        body = await Request(scope, receive).body()
        began = _began(body)
        # where no session can begin so, the library says why
        name = self._sessions.name(began, who) if began else str(ids.new())
        transport = self._transport(name)
        self._server_instances[name] = transport
        await self._make_room(name, who)
        await self._serve_opening_request(transport, scope, _again(body, receive), send)

    async def _take_over(
        self, name: str, who: str, began: InitializeRequestParams
    ) -> StreamableHTTPServerTransport:
        async with self._session_creation_lock:
            transport = self._server_instances.get(name)
            if transport is not None and not _is_over(transport):
                return transport
            transport = self._transport(name)
            await self._make_room(name, who)
            group: Any = self._task_group  # which there is while it runs
            await group.start(self._go_on, transport, name, began)
            self._server_instances[name] = transport
            return transport

    async def _go_on(
        self,
        transport: StreamableHTTPServerTransport,
        name: str,
        began: InitializeRequestParams,
        *,
        task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED,
    ) -> None:
        async with transport.connect() as (read, write):
            dispatcher: JSONRPCDispatcher[Any] = JSONRPCDispatcher(
                read, write, inline_methods=frozenset({"initialize"})
            )
            connection = Connection.for_loop(dispatcher, session_id=name)
            connection.client_params = began
            connection.protocol_version = str(began.protocol_version)
            connection.initialized.set()
            task_status.started()
            try:
                with transport.idle_scope or anyio.CancelScope():
                    await serve_connection(
                        self.app,
                        dispatcher,
                        connection=connection,
                        lifespan_state=self._lifespan_state,
                    )
            except Exception as error:  # noqa: BLE001 - one session's end is not all sessions'
                _failures.error("a session failed", error)
            finally:
                await self._discard_session(name, transport)

    def _transport(self, name: str) -> StreamableHTTPServerTransport:
        return StreamableHTTPServerTransport(
            mcp_session_id=name,
            security_settings=self.security_settings,
            idle_timeout=self.session_idle_timeout,
        )

    async def _make_room(self, name: str, who: str) -> None:
        """The one of this caller's that was called longest ago makes room, or that of anybody."""
        self._held[name] = who
        of_caller = [one for one, whose in self._held.items() if whose == who]
        if len(of_caller) > _EACH:
            await self._let_go(of_caller[0])
        if len(self._held) > _MOST:
            await self._let_go(next(iter(self._held)))

    async def _let_go(self, name: str) -> None:
        self._held.pop(name, None)
        transport = self._server_instances.get(name)
        if transport is not None:
            await self._discard_session(name, transport)

    async def _discard_session(
        self, session_id: str, transport: StreamableHTTPServerTransport
    ) -> None:
        if self._server_instances.get(session_id) is transport:
            self._held.pop(session_id, None)
            self._subscriptions.forget(session_id)
            await super()._discard_session(session_id, transport)
        elif not transport.is_terminated:
            with anyio.CancelScope(shield=True):
                await transport.terminate()


def _is_over(transport: StreamableHTTPServerTransport) -> bool:
    idle = transport.idle_scope
    return transport.is_terminated or (idle is not None and idle.cancel_called)


def _began(body: bytes) -> InitializeRequestParams | None:
    """How a session is to begin, with the version that the library will agree on."""
    try:
        opening = _Opening.model_validate_json(body)
        if opening.method != "initialize":
            return None
        began = InitializeRequestParams.model_validate(opening.params, by_name=False)
    except ValidationError:
        return None
    if began.protocol_version not in HANDSHAKE_PROTOCOL_VERSIONS:
        began.protocol_version = LATEST_HANDSHAKE_VERSION
    return began


def _again(body: bytes, receive: Receive) -> Receive:
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def read() -> Message:
        return first.pop() if first else await receive()

    return read
