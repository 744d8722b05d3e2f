"""What happens to a task, as events of A2A, for whoever follows it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from a2a.types import TaskArtifactUpdateEvent, TaskStatusUpdateEvent

from thingdesk.access import Caller
from thingdesk.channels.a2a import tasks
from thingdesk.dialogue import CaseView, Dialogue

Change = TaskArtifactUpdateEvent | TaskStatusUpdateEvent
_END = "case.ended"
_LONGEST = 15 * 60.0
"""As long as the longest token lives: whoever goes on following shows a new one."""
_AHEAD = 16
_hearing: set[asyncio.Task[None]] = set()


async def changes(
    dialogue: Dialogue, caller: Caller, view: CaseView
) -> AsyncGenerator[Change, None]:
    """All from the state on that `view` is, to the end of the case, the desk or the stream's time.
    Raises Refused when the caller may not see it any more.
    """
    queue: asyncio.Queue[Change | Exception | None] = asyncio.Queue(_AHEAD)
    # by a task of its own: whoever goes away ends the stream at any line, again and again while it
    # unwinds, and a transaction that is ended so cannot even be rolled back
    hearing = asyncio.create_task(_hear(dialogue, caller, view, queue))
    _hearing.add(hearing)
    hearing.add_done_callback(_hearing.discard)
    ends = asyncio.get_running_loop().time() + _LONGEST
    try:
        while (one := await _next(queue, ends)) is not None:
            if isinstance(one, Exception):
                raise one
            yield one
    finally:
        hearing.cancel()


async def settled(dialogue: Dialogue, caller: Caller, view: CaseView, within: float) -> CaseView:
    """The case once it has ended or its owner is asked, or after so many seconds."""
    done = tasks.TERMINAL | tasks.INTERRUPTED
    if tasks.state_of(view) in done:
        return view
    try:
        async with (
            asyncio.timeout(within),
            aclosing(dialogue.follow(caller, view.id, view.told)) as following,
        ):
            async for _ in following:
                view = await dialogue.case(caller, view.id)
                if tasks.state_of(view) in done:
                    break
    except TimeoutError:
        pass  # it goes on without whoever asked
    return view


async def _hear(
    dialogue: Dialogue,
    caller: Caller,
    view: CaseView,
    queue: asyncio.Queue[Change | Exception | None],
) -> None:
    try:
        async with aclosing(dialogue.follow(caller, view.id, view.told)) as following:
            async for told in following:
                now = await dialogue.case(caller, view.id)
                last = now.ended and told.kind == _END
                if last and (artifact := tasks.came_to(now)):
                    await queue.put(artifact)
                await queue.put(tasks.changed(now, told, last=last))
                if last:
                    break
    except Exception as error:  # noqa: BLE001 - whoever follows is to hear it
        await queue.put(error)
    else:
        await queue.put(None)


async def _next(
    queue: asyncio.Queue[Change | Exception | None], ends: float
) -> Change | Exception | None:
    try:
        async with asyncio.timeout_at(ends):
            return await queue.get()
    except TimeoutError:
        return None
