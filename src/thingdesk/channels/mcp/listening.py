"""Who listens hears that a case has changed, and reads it then: what is told has no content.

2026-07-28 has a stream for it (`subscriptions/listen`), which also carries tasks. A session of
2025-11-25 subscribes to resources, and hears on its standing stream.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Literal, cast
from uuid import UUID

from mcp.shared.exceptions import MCPError
from mcp.shared.subscriptions import SUBSCRIPTION_ID_META_KEY
from mcp_types import (
    INTERNAL_ERROR,
    INVALID_REQUEST,
    EmptyResult,
    Notification,
    ResourceUpdatedNotification,
    ResourceUpdatedNotificationParams,
    ServerNotification,
    SubscribeRequestParams,
    SubscriptionFilter,
    SubscriptionsAcknowledgedNotification,
    SubscriptionsAcknowledgedNotificationParams,
    SubscriptionsListenRequestParams,
    SubscriptionsListenResult,
    UnsubscribeRequestParams,
)

from thingdesk.access import Caller
from thingdesk.calling import soon
from thingdesk.channels.mcp.calls import Context, as_error, caller_of, knows
from thingdesk.channels.mcp.cases import case_at
from thingdesk.channels.mcp.doors import Doors
from thingdesk.channels.mcp.results import uri_of
from thingdesk.channels.mcp.tasks import EXTENSION, as_detailed
from thingdesk.dialogue import Dialogue
from thingdesk.platform.errors import Refused

_MOST_CASES = 64
_MOST_STREAMS = 512
_STREAMS_EACH = 8
# a stream does not outlive the token by which it was opened for long: tokens live 5 to 15 minutes
_LASTS = 900.0
_TASK_IDS = "taskIds"
_ENDED = "token_"


class _Changed(Notification[dict[str, Any], Literal["notifications/tasks"]]):
    method: Literal["notifications/tasks"] = "notifications/tasks"
    params: dict[str, Any]


class Listening:
    """The streams of one worker."""

    def __init__(self, doors: Doors) -> None:
        self._dialogue = doors.dialogue
        self._stop = doors.stop
        self._open: Counter[str] = Counter()

    async def listen(
        self, ctx: Context, params: SubscriptionsListenRequestParams
    ) -> SubscriptionsListenResult:
        """Say which of the wanted cases are heard, and then whenever one of them has changed."""
        if ctx.request_id is None:
            raise MCPError(INVALID_REQUEST, "subscriptions/listen needs a request id")
        caller = caller_of(ctx)
        meta: dict[str, Any] = {SUBSCRIPTION_ID_META_KEY: ctx.request_id}
        with self._room(caller):
            wanted = await self._heard(ctx, caller, params.notifications)
            await self._say(ctx, _acknowledged(wanted, meta))
            ended = await self._until_ended(
                self._tell(ctx, caller, case_id, uri, meta, is_task=is_task)
                for case_id, (uri, is_task) in wanted.items()
            )
        if ended:
            raise as_error(ended)
        return SubscriptionsListenResult(_meta=meta)

    async def _until_ended(self, telling: Iterable[Coroutine[Any, Any, None]]) -> Refused | None:
        """Why the caller may not listen any more, where it is not to be asked for anew."""
        ended: BaseException | None = None
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LASTS), asyncio.TaskGroup() as group:
                    group.create_task(self._stop.wait())  # with nothing to tell it stays open, too
                    for one in telling:
                        group.create_task(one)
        except* Refused as many:
            ended = many.exceptions[0]
        return ended if isinstance(ended, Refused) else None

    async def _heard(
        self, ctx: Context, caller: Caller, wanted: SubscriptionFilter
    ) -> dict[UUID, tuple[str | None, bool]]:
        """The cases, by which address and whether as a task; what cannot be seen is left out."""
        found: dict[UUID, tuple[str | None, bool]] = {}
        for uri in (wanted.resource_subscriptions or [])[:_MOST_CASES]:
            with suppress(MCPError, Refused):
                case_id = case_at(uri)
                await soon(self._dialogue.case(caller, case_id))
                found[case_id] = (uri, False)
        tasks = (wanted.model_extra or {}).get(_TASK_IDS) if knows(ctx, EXTENSION) else None
        for name in (tasks if isinstance(tasks, list) else [])[:_MOST_CASES]:
            with suppress(MCPError, Refused):
                case_id = case_at(f"case://{name}")
                await soon(self._dialogue.case(caller, case_id))
                found[case_id] = (found.get(case_id, (None, False))[0], True)
        return found

    async def _tell(
        self,
        ctx: Context,
        caller: Caller,
        case_id: UUID,
        uri: str | None,
        meta: dict[str, Any],
        *,
        is_task: bool,
    ) -> None:
        async for _ in changes(self._dialogue, caller, case_id):
            if uri:
                told = ResourceUpdatedNotificationParams(uri=uri, _meta=meta)
                await self._say(ctx, ResourceUpdatedNotification(params=told))
            if is_task:
                view = await self._dialogue.case(caller, case_id)
                task = as_detailed(ctx, view, None)
                await self._say(ctx, _Changed(params={**task, "_meta": meta}))

    async def _say(self, ctx: Context, told: Any) -> None:
        await ctx.session.send_notification(cast("ServerNotification", told), ctx.request_id)

    @contextmanager
    def _room(self, caller: Caller) -> Iterator[None]:
        if self._open.total() >= _MOST_STREAMS or self._open[caller.machine] >= _STREAMS_EACH:
            raise MCPError(INTERNAL_ERROR, "too many streams are open; close one, or come again")
        self._open[caller.machine] += 1
        try:
            yield
        finally:
            self._open[caller.machine] -= 1
            self._open += Counter()  # none that are at zero


async def changes(dialogue: Dialogue, caller: Caller, case_id: UUID) -> AsyncIterator[None]:
    """Each time that something is told of the case from now on, until it has ended or is not to be
    seen any more. Raises Refused once the caller may see nothing at all.
    """
    try:
        view = await dialogue.case(caller, case_id)
        async for _ in dialogue.follow(caller, case_id, view.told):
            yield
    except Refused as refused:
        if refused.refusal.code.startswith(_ENDED):
            raise


class Subscriptions:
    """What sessions of 2025-11-25 have subscribed to, on the worker that took it."""

    def __init__(self, dialogue: Dialogue) -> None:
        self._dialogue = dialogue
        self._tasks: dict[str, dict[UUID, asyncio.Task[None]]] = {}
        self.let_go: Callable[[str], Awaitable[None]] | None = None

    async def add(self, ctx: Context, params: SubscribeRequestParams) -> EmptyResult:
        """Tell of this resource on the session's standing stream."""
        caller, case_id = caller_of(ctx), case_at(params.uri)
        try:
            await soon(self._dialogue.case(caller, case_id))
        except Refused as refused:
            raise as_error(refused, uri=params.uri) from None
        held = self._tasks.setdefault(session_of(ctx), {})
        # a case has many spellings, and is told of once, by the one that it is listed with
        if case_id not in held:
            if len(held) >= _MOST_CASES:
                raise MCPError(INVALID_REQUEST, f"a session subscribes to {_MOST_CASES} at most")
            held[case_id] = asyncio.create_task(self._tell(ctx, caller, case_id, uri_of(case_id)))
        return EmptyResult()

    async def remove(self, ctx: Context, params: UnsubscribeRequestParams) -> EmptyResult:
        """Tell of it no more."""
        task = self._tasks.get(session_of(ctx), {}).pop(case_at(params.uri), None)
        if task:
            task.cancel()
        return EmptyResult()

    def forget(self, session: str) -> None:
        """The session is over here."""
        for task in self._tasks.pop(session, {}).values():
            if task is not asyncio.current_task():
                task.cancel()

    async def _tell(self, ctx: Context, caller: Caller, case_id: UUID, uri: str) -> None:
        try:
            async for _ in changes(self._dialogue, caller, case_id):
                await ctx.session.send_resource_updated(uri)
        except Refused:
            # the revision has no word for why: the stream ends, and the next request is told
            if self.let_go:
                await self.let_go(session_of(ctx))


def session_of(ctx: Context) -> str:
    """The session of a request of 2025-11-25."""
    return ctx.request.headers.get("mcp-session-id", "") if ctx.request else ""


def _acknowledged(
    wanted: dict[UUID, tuple[str | None, bool]], meta: dict[str, Any]
) -> SubscriptionsAcknowledgedNotification:
    uris = [uri for uri, _ in wanted.values() if uri]
    tasks = [str(case_id) for case_id, (_, is_task) in wanted.items() if is_task]
    said = {"resourceSubscriptions": uris or None, **({_TASK_IDS: tasks} if tasks else {})}
    heard = SubscriptionFilter.model_validate(said)
    params = SubscriptionsAcknowledgedNotificationParams(notifications=heard, _meta=meta)
    return SubscriptionsAcknowledgedNotification(params=params)
