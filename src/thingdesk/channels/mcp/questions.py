"""Questions to the owner during a call: always by the address of our page, and never by a form.

A client of 2026-07-28 gets them in place of the result, and calls again with what we sealed for it;
one of 2025-11-25 is asked on the stream of its call. That its user has gone to the page is all that
a client can say: what the owner answers there is what counts, and an agent can answer nothing.
"""

import asyncio
from uuid import UUID

from mcp.shared.exceptions import MCPError
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ElicitResult,
    InputRequiredResult,
    InputResponses,
)

from thingdesk.calling import soon
from thingdesk.channels.mcp import results
from thingdesk.channels.mcp.calls import Context, caller_of, is_modern
from thingdesk.channels.mcp.waiting import answered, next_turn
from thingdesk.dialogue import CaseView, Dialogue, Waiting

# a journey gets to its first question in well under a second; whoever has none waits no longer
TURN_WITHIN = 2.0
# the owner is at it, and clients wait a minute
ANSWER_WITHIN = 20.0


async def put(
    dialogue: Dialogue, ctx: Context, view: CaseView, receipt: str
) -> CallToolResult | InputRequiredResult:
    """What a new case asks its owner, if it does so at once; else how it stands."""
    caller = caller_of(ctx)
    view = await next_turn(dialogue, caller, view.id, within=TURN_WITHIN)
    if view.ended or not view.waiting:
        return results.of_case(view, receipt)
    if is_modern(ctx):
        return _required(view, receipt)
    for one in view.waiting:
        await _shown(ctx, one)
    asked = [str(one.id) for one in view.waiting]
    view = await answered(dialogue, caller, view.id, asked, within=ANSWER_WITHIN)
    return results.of_case(view, receipt)


async def go_on(
    dialogue: Dialogue, ctx: Context, params: CallToolRequestParams
) -> CallToolResult | InputRequiredResult:
    """The same call again: how the case stands once the owner has answered, or what is asked now.
    Raises Refused.
    """
    caller = caller_of(ctx)
    of_case, _, receipt = (params.request_state or "").partition(" ")
    case_id = UUID(of_case)
    view = await soon(dialogue.case(caller, case_id))
    shown = _gone_to(params.input_responses)
    if shown and any(str(one.id) in shown for one in view.waiting):
        view = await answered(dialogue, caller, case_id, shown, within=ANSWER_WITHIN)
    if shown and not view.waiting and not view.ended:
        view = await next_turn(dialogue, caller, case_id, within=TURN_WITHIN)
    if any(str(one.id) not in (params.input_responses or {}) for one in view.waiting):
        return _required(view, receipt)
    return results.of_case(view, receipt)


def _required(view: CaseView, receipt: str) -> InputRequiredResult:
    state = f"{view.id} {receipt}"
    return InputRequiredResult(input_requests=results.questions(view), request_state=state)


def _gone_to(responses: InputResponses | None) -> set[str]:
    """The questions whose page the user was willing to open."""
    return {
        name
        for name, one in (responses or {}).items()
        if isinstance(one, ElicitResult) and one.action == "accept"
    }


async def _shown(ctx: Context, one: Waiting) -> None:
    """Send the user to the page of a question; without an answer to that it goes on all the same,
    as another worker may have got it.
    """
    try:
        async with asyncio.timeout(ANSWER_WITHIN):
            await ctx.session.elicit_url(one.words, one.url, str(one.id), ctx.request_id)
    except (MCPError, TimeoutError):
        return
