"""What agents ask of the desk, on both bindings."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from a2a.server.context import ServerCallContext
from a2a.server.events import Event
from a2a.server.request_handlers import RequestHandler
from a2a.types import (
    AgentCard,
    CancelTaskRequest,
    DeleteTaskPushNotificationConfigRequest,
    GetExtendedAgentCardRequest,
    GetTaskPushNotificationConfigRequest,
    GetTaskRequest,
    ListTaskPushNotificationConfigsRequest,
    ListTaskPushNotificationConfigsResponse,
    ListTasksRequest,
    ListTasksResponse,
    Message,
    SendMessageRequest,
    SubscribeToTaskRequest,
    Task,
    TaskPushNotificationConfig,
)
from a2a.utils.errors import (
    InvalidParamsError,
    TaskNotCancelableError,
    UnsupportedOperationError,
)
from a2a.utils.task import validate_history_length

from thingdesk.access import Caller, Surface
from thingdesk.calling import naming, soon
from thingdesk.channels.a2a import tasks
from thingdesk.channels.a2a.asking import read_asking
from thingdesk.channels.a2a.card import make_card
from thingdesk.channels.a2a.case_tasks import CaseTasks, caller_of
from thingdesk.channels.a2a.changes import changes, settled
from thingdesk.channels.a2a.doors import Doors
from thingdesk.channels.a2a.errors import guarded, guarded_stream
from thingdesk.channels.a2a.push_configs import PushConfigs
from thingdesk.channels.a2a.signing import signed
from thingdesk.dialogue import Asked, CaseView
from thingdesk.platform.errors import FieldError, Recovery, Refusal, Refused, refuse

_WAITS = 10.0
"""Seconds for which a blocking request waits for the owner's turn or the end; a case may take
days."""
_NAMES = tuple((f"data.{one}", f"parts.data.{one}") for one in ("input", "service", "subject"))


class Handler(RequestHandler):
    """Translates between A2A and the dialogue, and decides nothing."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors
        self._dialogue = doors.dialogue
        self._tasks = CaseTasks(doors.dialogue)
        self._push = PushConfigs(doors.database, doors.allowed)

    @guarded
    async def on_get_task(self, params: GetTaskRequest, context: ServerCallContext) -> Task:
        validate_history_length(params)
        if params.HasField("history_length"):
            return await self._tasks.get(params.id, context, params.history_length)
        return await self._tasks.get(params.id, context)

    @guarded
    async def on_list_tasks(
        self, params: ListTasksRequest, context: ServerCallContext
    ) -> ListTasksResponse:
        validate_history_length(params)
        page = await self._tasks.list(params, context)
        if not params.include_artifacts:
            for one in page.tasks:
                one.ClearField("artifacts")
        return page

    @guarded
    async def on_cancel_task(self, params: CancelTaskRequest, context: ServerCallContext) -> Task:
        view = await self._tasks.view(params.id, context)
        if view.ended:
            raise TaskNotCancelableError
        return tasks.task(await soon(self._dialogue.withdraw(caller_of(context), view.id)))

    @guarded
    async def on_message_send(
        self, params: SendMessageRequest, context: ServerCallContext
    ) -> Task | Message:
        validate_history_length(params.configuration)
        asked, view, untold = await self._ask(params, context)
        if view is None:
            subject = read_asking(params.message).subject or caller_of(context).machine
            return tasks.answered_at_once(asked, params.message, subject)
        if not params.configuration.return_immediately:
            view = await settled(self._dialogue, caller_of(context), view, _WAITS)
        return tasks.receipted(tasks.task(view), asked, untold)

    @guarded_stream
    async def on_message_send_stream(
        self, params: SendMessageRequest, context: ServerCallContext
    ) -> AsyncGenerator[Event, None]:
        asked, view, untold = await self._ask(params, context)
        if view is None:
            subject = read_asking(params.message).subject or caller_of(context).machine
            yield tasks.answered_at_once(asked, params.message, subject)
            return
        yield tasks.receipted(tasks.task(view), asked, untold)
        async with aclosing(changes(self._dialogue, caller_of(context), view)) as following:
            async for one in following:
                yield one

    @guarded_stream
    async def on_subscribe_to_task(
        self, params: SubscribeToTaskRequest, context: ServerCallContext
    ) -> AsyncGenerator[Event, None]:
        view = await self._tasks.view(params.id, context)
        if view.ended:
            raise UnsupportedOperationError("the task has ended: there is nothing to follow")
        yield tasks.task(view)
        async with aclosing(changes(self._dialogue, caller_of(context), view)) as following:
            async for one in following:
                yield one

    @guarded
    async def on_create_task_push_notification_config(
        self, params: TaskPushNotificationConfig, context: ServerCallContext
    ) -> TaskPushNotificationConfig:
        view = await self._tasks.view(params.task_id, context)
        if view.ended:
            raise UnsupportedOperationError("the task has ended: there is nothing to tell of it")
        await self._push.check(caller_of(context), params)
        return await soon(self._push.put(caller_of(context), view, params))

    @guarded
    async def on_get_task_push_notification_config(
        self, params: GetTaskPushNotificationConfigRequest, context: ServerCallContext
    ) -> TaskPushNotificationConfig:
        view = await self._tasks.view(params.task_id, context)
        return await soon(self._push.get(caller_of(context), view, params.id))

    @guarded
    async def on_list_task_push_notification_configs(
        self, params: ListTaskPushNotificationConfigsRequest, context: ServerCallContext
    ) -> ListTaskPushNotificationConfigsResponse:
        view = await self._tasks.view(params.task_id, context)
        return await soon(self._push.list(caller_of(context), view, params))

    @guarded
    async def on_delete_task_push_notification_config(
        self, params: DeleteTaskPushNotificationConfigRequest, context: ServerCallContext
    ) -> None:
        view = await self._tasks.view(params.task_id, context)
        await soon(self._push.remove(caller_of(context), view, params.id))

    @guarded
    async def on_get_extended_agent_card(
        self,
        params: GetExtendedAgentCardRequest,  # noqa: ARG002 - it says nothing
        context: ServerCallContext,
    ) -> AgentCard:
        """The card with what this caller may ask for."""
        base = self._doors.calls.base
        offered = self._dialogue.offers(caller_of(context))
        return signed(make_card(offered, base), self._doors.key, base)

    async def _ask(
        self, params: SendMessageRequest, context: ServerCallContext
    ) -> tuple[Asked, CaseView | None, Refusal | None]:
        """Hand in what is asked for; with its case, unless it was answered at once, and why the
        case is not told at the address that came with it, where others have taken its room.
        """
        caller, message = caller_of(context), params.message
        if message.task_id:
            view = await self._tasks.view(message.task_id, context)
            await soon(self._dialogue.turn(caller, str(view.id)))
            raise _not_for_agents(view, message)
        try:
            asking = read_asking(message)
        except Refused:
            await soon(self._dialogue.turn(caller, Surface.A2A))
            raise
        push = params.configuration.HasField("task_push_notification_config")
        config = params.configuration.task_push_notification_config
        if push:
            await self._push.check(caller, config)
            await soon(self._push.check_room(caller, message.message_id))
        work = self._dialogue.ask(
            caller,
            asking.service,
            asking.input,
            subject=asking.subject,
            request_id=message.message_id,
            hops=asking.hops,
        )
        with naming(_NAMES, "messageId"):
            asked = await soon(work, goes_on=True)
        if asked.case_id is None:
            return asked, None, None
        view = await soon(self._dialogue.case(caller, asked.case_id))
        return asked, view, await self._keep(caller, view, config) if push else None

    async def _keep(
        self, caller: Caller, view: CaseView, config: TaskPushNotificationConfig
    ) -> Refusal | None:
        """Why a task that is there is not told at the address, where repeating would not help."""
        try:
            if not view.ended:
                await soon(self._push.put(caller, view, config))
        except Refused as refused:
            if refused.refusal.recovery is Recovery.RETRY:
                raise
            return refused.refusal
        return None


def _not_for_agents(view: CaseView, message: Message) -> Exception:
    """What a message to a task is answered: whatever waits in it is the owner's to answer."""
    if message.context_id and message.context_id != view.subject:
        return InvalidParamsError("context_id is not that of the task")
    if view.ended:
        return UnsupportedOperationError("the task has ended: ask anew, without taskId")
    if view.waiting:
        pages = ", ".join(one.url for one in view.waiting)
        words = f"only the owner answers, on the desk's own page: {pages}"
        fields = (FieldError("message", "answers nothing", "hand the page to the owner"),)
        return refuse("owner_answers", words, Recovery.ASK_OWNER, fields)
    words = "the task needs nothing from you; for something else leave taskId out"
    return refuse("nothing_awaited", words, Recovery.FIX_INPUT)
