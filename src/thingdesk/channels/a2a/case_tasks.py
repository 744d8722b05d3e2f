"""The tasks of a caller: the cases that it may see."""

from collections.abc import Sequence
from uuid import UUID

from a2a.server.context import ServerCallContext
from a2a.server.tasks import TaskStore
from a2a.types import ListTasksRequest, ListTasksResponse, Task, TaskState
from a2a.utils.constants import DEFAULT_LIST_TASKS_PAGE_SIZE
from a2a.utils.errors import TaskNotFoundError, UnsupportedOperationError
from a2a.utils.task import validate_page_size

from thingdesk.access import Caller
from thingdesk.calling import soon
from thingdesk.cases import State
from thingdesk.channels.a2a import tasks
from thingdesk.dialogue import CaseView, Dialogue, Told

CALLER = "caller"
_MOST_HISTORY = 100


def caller_of(context: ServerCallContext) -> Caller:
    """Whom the entrance has recognised."""
    caller: Caller = context.state[CALLER]
    return caller


def case_id(task_id: str) -> UUID:
    """The case of a task. Raises TaskNotFoundError."""
    try:
        return UUID(task_id)
    except ValueError:
        raise TaskNotFoundError from None


class CaseTasks(TaskStore):
    """Reads tasks from their cases. There is nothing to save: a case changes by its own verbs."""

    def __init__(self, dialogue: Dialogue) -> None:
        self._dialogue = dialogue

    async def view(self, task_id: str, context: ServerCallContext) -> CaseView:
        """How the case stands. Raises TaskNotFoundError, Refused."""
        return await soon(self._dialogue.case(caller_of(context), case_id(task_id)))

    async def get(
        self, task_id: str, context: ServerCallContext, history: int = _MOST_HISTORY
    ) -> Task:
        """The task with the newest entries of its history."""
        view = await self.view(task_id, context)
        return tasks.task(view, await self._history(view, context, min(history, _MOST_HISTORY)))

    async def list(self, params: ListTasksRequest, context: ServerCallContext) -> ListTasksResponse:
        """A page of tasks, those of the newest cases first. It may have fewer than were asked for,
        and others come after it all the same: what is asked by state is sorted out of a page.
        """
        most = DEFAULT_LIST_TASKS_PAGE_SIZE
        if params.HasField("page_size"):
            validate_page_size(params.page_size)
            most = params.page_size
        page = await soon(
            self._dialogue.cases(
                caller_of(context),
                after=params.page_token or None,
                most=most,
                state=State.ENDED if params.status in tasks.TERMINAL else None,
                subject=params.context_id or None,
            )
        )
        found = [tasks.task(view) for view in page.cases if _is_wanted(view, params)]
        return ListTasksResponse(
            tasks=found, next_page_token=page.further or "", page_size=most, total_size=len(found)
        )

    async def save(self, task: Task, context: ServerCallContext) -> None:  # noqa: ARG002 - refused
        raise UnsupportedOperationError

    async def delete(self, task_id: str, context: ServerCallContext) -> None:  # noqa: ARG002 - refused
        raise UnsupportedOperationError

    async def _history(
        self, view: CaseView, context: ServerCallContext, most: int
    ) -> Sequence[Told]:
        if most <= 0:
            return []
        after = max(0, view.told - most)
        return await soon(self._dialogue.timeline(caller_of(context), view.id, after, most))


def _is_wanted(view: CaseView, params: ListTasksRequest) -> bool:
    if params.status not in (TaskState.TASK_STATE_UNSPECIFIED, tasks.state_of(view)):
        return False
    if not params.HasField("status_timestamp_after") or view.ended_at is None:
        return True
    after: int = params.status_timestamp_after.ToNanoseconds()
    return view.ended_at.timestamp() * 1e9 >= after
