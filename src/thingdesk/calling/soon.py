"""An answer within seconds, also while the database stands still: come again later."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from thingdesk.intake import BUSY
from thingdesk.platform.errors import Refused

Given = ParamSpec("Given")
Answer = TypeVar("Answer")
Work = Coroutine[Any, Any, Answer]
WITHIN = 5.0
_under_way: set[asyncio.Task[Any]] = set()


async def soon(work: Work[Answer], *, goes_on: bool = False) -> Answer:
    """The answer. Raises Refused where it takes too long; the work is then ended, as when whoever
    asked has gone, unless it `goes_on`: for what others' work is part of, and what counts as under
    way until it is over.
    """
    task = asyncio.create_task(work)
    _under_way.add(task)
    task.add_done_callback(_over)
    try:
        await asyncio.wait({task}, timeout=WITHIN)
    except asyncio.CancelledError:
        if not goes_on:
            task.cancel()
        raise
    if task.done():
        return task.result()
    # nobody waits for its end: to roll back takes the database, too
    if not goes_on:
        task.cancel()
    raise Refused(BUSY)


def answers_soon(work: Callable[Given, Work[Answer]]) -> Callable[Given, Work[Answer]]:
    """The same for a whole function that may be ended anywhere."""

    @wraps(work)
    async def within(*args: Given.args, **kwargs: Given.kwargs) -> Answer:
        return await soon(work(*args, **kwargs))

    return within


def _over(task: asyncio.Task[Any]) -> None:
    _under_way.discard(task)
    if not task.cancelled():
        task.exception()  # whoever asked has it, or was told to come again
