"""The tasks extension: a case is the task, and its id the task's.

Specification: https://modelcontextprotocol.github.io/ext-tasks/specification/2026-07-28/tasks.html.
Nothing is kept for it here: what `tasks/get` tells is how the case stands, on any worker.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from mcp.shared.exceptions import MCPError
from mcp_types import (
    HEADER_MISMATCH,
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    RequestParams,
)
from pydantic import Field

from thingdesk.calling import soon
from thingdesk.cases import Outcome
from thingdesk.channels.mcp import results
from thingdesk.channels.mcp.calls import (
    Context,
    as_error,
    caller_of,
    knows,
    only_modern,
    shows_urls,
)
from thingdesk.dialogue import CaseView, Dialogue
from thingdesk.platform.errors import Recovery, Refused, refuse

EXTENSION = "io.modelcontextprotocol/tasks"
_POLL_EVERY = 2000  # ms: what waits for an owner does not change within one of them
_NAME = "mcp-name"


class TaskParams(RequestParams):
    """Which task."""

    task_id: str = Field(alias="taskId", max_length=64)


class UpdateParams(TaskParams):
    """What the client answers to what it was asked."""

    input_responses: dict[str, Any] = Field(alias="inputResponses")


class Tasks:
    """What the handlers of tasks work with."""

    def __init__(self, dialogue: Dialogue) -> None:
        self._dialogue = dialogue

    async def get(self, ctx: Context, params: TaskParams) -> dict[str, Any]:
        """How the case stands, with its result once it has ended."""
        view = await self._seen(ctx, params)
        told = await soon(self._dialogue.timeline(caller_of(ctx), view.id, max(0, view.told - 1)))
        return as_detailed(ctx, view, told[-1].at if told else None)

    async def update(self, ctx: Context, params: UpdateParams) -> dict[str, Any]:
        """Heard, and nothing more: what the owner is asked, only the owner answers, on our page."""
        await self._seen(ctx, params)
        return {}

    async def cancel(self, ctx: Context, params: TaskParams) -> dict[str, Any]:
        """Withdraw the case; one that has ended stays as it is."""
        view = await self._seen(ctx, params)
        if not view.ended:
            try:
                await soon(self._dialogue.withdraw(caller_of(ctx), view.id), goes_on=True)
            except Refused as refused:
                raise as_error(refused) from None
        return {}

    async def _seen(self, ctx: Context, params: TaskParams) -> CaseView:
        require(ctx, params.task_id)
        try:
            return await soon(self._dialogue.case(caller_of(ctx), _read(params.task_id)))
        except Refused as refused:
            raise as_error(refused) from None


def require(ctx: Context, task_id: str) -> None:
    """Raises where the client does not know tasks, or its header names another one."""
    only_modern(ctx)
    if not knows(ctx, EXTENSION):
        needed: dict[str, Any] = {"requiredCapabilities": {"extensions": {EXTENSION: {}}}}
        words = f"declare {EXTENSION} in the capabilities of the request"
        raise MCPError(MISSING_REQUIRED_CLIENT_CAPABILITY, words, data=needed)
    named = ctx.request.headers.get(_NAME, task_id) if ctx.request else task_id
    if named != task_id:
        raise MCPError(HEADER_MISMATCH, "Mcp-Name is another task than taskId")


def as_created(view: CaseView, receipt: str) -> dict[str, Any]:
    """A case that was just opened or joined, in place of the result of a call."""
    return {"resultType": "task", "_meta": {results.RECEIPT: receipt}, **_task(view, None)}


def as_detailed(ctx: Context, view: CaseView, updated: datetime | None) -> dict[str, Any]:
    """A case as a task, with its result or with what its owner is asked."""
    task = _task(view, updated)
    if view.ended:
        if view.outcome is not Outcome.WITHDRAWN:
            result = results.of_case(view).model_dump(by_alias=True, mode="json", exclude_none=True)
            task["result"] = result
    elif view.waiting and shows_urls(ctx):
        task["status"] = "input_required"
        task["inputRequests"] = {
            name: one.model_dump(by_alias=True, mode="json", exclude_none=True)
            for name, one in results.questions(view).items()
        }
    return task


def _task(view: CaseView, updated: datetime | None) -> dict[str, Any]:
    changed = max(one for one in (view.opened_at, view.ended_at, updated) if one)
    return {
        "taskId": str(view.id),
        "status": _status(view),
        "statusMessage": results.in_words(view),
        "createdAt": view.opened_at.isoformat(),
        "lastUpdatedAt": changed.isoformat(),
        "ttlMs": None,
        "pollIntervalMs": _POLL_EVERY,
    }


def _status(view: CaseView) -> str:
    if not view.ended:
        return "working"
    return "cancelled" if view.outcome is Outcome.WITHDRAWN else "completed"


def _read(task_id: str) -> UUID:
    try:
        return UUID(task_id)
    except ValueError:
        words = "a task of this desk is a case: its id is a UUID"
        raise refuse("case_unknown", words, Recovery.CONTACT_US) from None
