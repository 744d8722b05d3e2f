"""Waiting a little for what comes of a case: its end, or what its owner has to answer."""

import asyncio
from collections.abc import Callable, Collection
from contextlib import aclosing
from uuid import UUID

from thingdesk.access import Caller
from thingdesk.dialogue import CaseView, Dialogue


async def next_turn(
    dialogue: Dialogue, caller: Caller, case_id: UUID, *, within: float
) -> CaseView:
    """How the case stands once it has ended or waits for its owner, or after so many seconds.
    Raises Refused.
    """
    return await _until(dialogue, caller, case_id, lambda view: bool(view.waiting), within)


async def answered(
    dialogue: Dialogue, caller: Caller, case_id: UUID, asked: Collection[str], *, within: float
) -> CaseView:
    """The same once none of `asked` waits for an answer any more."""

    def is_answered(view: CaseView) -> bool:
        return not any(str(one.id) in asked for one in view.waiting)

    return await _until(dialogue, caller, case_id, is_answered, within)


async def _until(
    dialogue: Dialogue,
    caller: Caller,
    case_id: UUID,
    holds: Callable[[CaseView], bool],
    within: float,
) -> CaseView:
    view = await dialogue.case(caller, case_id)
    following = dialogue.follow(caller, case_id, view.told)
    try:
        async with (
            asyncio.timeout(within),
            aclosing(following) as told,
        ):
            while not (view.ended or holds(view)):
                await anext(told)
                view = await dialogue.case(caller, case_id)
    except (TimeoutError, StopAsyncIteration):
        view = await dialogue.case(caller, case_id)
    return view
