"""Clients of the library's, and what stands between them and several workers."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal

import httpx2
from mcp import Client
from mcp.client import ClaimContext, ClientExtension, ResultClaim
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult, Request, RequestParams, Result
from pydantic import ConfigDict, Field
from tests.waiting import until

TASKS = "io.modelcontextprotocol/tasks"


class Balance(httpx2.AsyncBaseTransport):
    """Requests go to the workers in turn; one that is gone is passed over."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports = list(ports)
        self._inner = httpx2.AsyncHTTPTransport()
        self.served: list[int] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        while True:
            port = self._ports.pop(0)
            request.url = request.url.copy_with(port=port)
            try:
                answer = await self._inner.handle_async_request(request)
            except httpx2.ConnectError:
                assert self._ports, "no worker is left"
                continue
            self._ports.append(port)
            self.served.append(port)
            return answer

    async def aclose(self) -> None:
        await self._inner.aclose()


@asynccontextmanager
async def a_client(
    url: str, token: Callable[[], str], transport: Balance | None = None, **more: Any
) -> AsyncIterator[Client]:
    """A client that shows a fresh token with each request."""

    async def sign(request: httpx2.Request) -> None:
        request.headers["authorization"] = f"Bearer {token()}"

    async with (
        httpx2.AsyncClient(
            transport=transport, timeout=60, event_hooks={"request": [sign]}
        ) as http,
        Client(streamable_http_client(url, http_client=http), **more) as client,
    ):
        yield client


class Task(Result):
    """A task, as the extension has it."""

    model_config = ConfigDict(extra="allow", populate_by_name=True)
    result_type: Literal["task"] = Field(default="task", alias="resultType")
    task_id: str = Field(alias="taskId")
    status: str


class _Get(RequestParams):
    task_id: str = Field(alias="taskId")


class _GetTask(Request[_Get, Literal["tasks/get"]]):
    method: Literal["tasks/get"] = "tasks/get"
    params: _Get


class _Detailed(Result):
    model_config = ConfigDict(extra="allow")
    status: str
    result: dict[str, Any] | None = None
    inputRequests: dict[str, Any] | None = None  # noqa: N815 - as it is on the wire


class Follows(ClientExtension):
    """Follows a task to its end, and shows its user each page once."""

    identifier = TASKS

    def __init__(self, show: Callable[[str], Any]) -> None:
        self._show = show
        self.seen: list[str] = []
        self.tasks: list[str] = []

    def claims(self) -> Sequence[ResultClaim[Any]]:
        return (ResultClaim(result_type="task", model=Task, resolve=self._resolve),)

    async def _resolve(self, made: Task, ctx: ClaimContext) -> CallToolResult:
        self.tasks.append(made.task_id)

        async def ended() -> dict[str, Any] | None:
            asked = _GetTask(params=_Get(taskId=made.task_id))
            got = await ctx.session.send_request(asked, _Detailed)
            for name, one in (got.inputRequests or {}).items():
                if name not in self.seen:
                    self.seen.append(name)
                    await self._show(one["params"]["url"])
            return got.result

        return CallToolResult.model_validate(await until(ended, within=60))
