"""An answer within seconds, also while the database stands still: come again later."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from thingdesk.intake import BUSY
from thingdesk.platform.errors import Refused

Answer = TypeVar("Answer")
_WITHIN = 5.0


async def soon(work: Coroutine[Any, Any, Answer], *, goes_on: bool = False) -> Answer:
    """The answer. Raises Refused where it takes too long; the work is then ended, unless it
    `goes_on`: for what is a part of others' work, too.
    """
    task = asyncio.ensure_future(work)
    task.add_done_callback(_heard)
    try:
        async with asyncio.timeout(_WITHIN):
            return await (asyncio.shield(task) if goes_on else task)
    except TimeoutError:
        raise Refused(BUSY) from None


def _heard(task: "asyncio.Future[Any]") -> None:
    if not task.cancelled():
        task.exception()  # whoever asked has it, or was told to come again
