"""`tools/list` and `tools/call`: a tool for each service, and two for what was asked for."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    InputRequiredResult,
    ListToolsResult,
    PaginatedRequestParams,
    Tool,
    ToolAnnotations,
)

from thingdesk import cases
from thingdesk.access import Caller
from thingdesk.calling import soon
from thingdesk.channels.mcp import questions, results
from thingdesk.channels.mcp.calls import Context, caller_of, knows, shows_urls
from thingdesk.channels.mcp.describe import CASE, describe_tool, output, subject_argument
from thingdesk.channels.mcp.doors import Doors
from thingdesk.channels.mcp.tasks import EXTENSION, as_created
from thingdesk.dialogue import Asked
from thingdesk.platform.errors import Refused, refuse

HOPS = "thingdesk/hops"
"""In `_meta` of a call: through how many hands it went, `hops` of the case that it comes of."""

_WHICH = {"case": {"type": "string", "format": "uuid", "description": "The case's id."}}
_REQUIRED = ["case", "state", "outcome", "waiting"]
READ = Tool(
    name="case_read",
    title="How a case stands",
    description="State, promises, outcome and what is waited for, of a case that you asked for.",
    input_schema={
        "type": "object",
        "properties": _WHICH,
        "required": ["case"],
        "additionalProperties": False,
    },
    output_schema=output(CASE, _REQUIRED),
    annotations=ToolAnnotations(
        title="How a case stands",
        read_only_hint=True,
        destructive_hint=False,
        idempotent_hint=True,
        open_world_hint=False,
    ),
)
WITHDRAW = Tool(
    name="case_withdraw",
    title="Withdraw a case",
    description="End a case that is not wanted any more. What was done for it is taken back where "
    "it can be; one that has ended stays as it is.",
    input_schema={
        "type": "object",
        "properties": {
            **_WHICH,
            "words": {"type": "string", "maxLength": 500, "description": "Why, for the owner."},
        },
        "required": ["case"],
        "additionalProperties": False,
    },
    output_schema=output(CASE, _REQUIRED),
    annotations=ToolAnnotations(
        title="Withdraw a case",
        read_only_hint=False,
        destructive_hint=True,
        idempotent_hint=True,
        open_world_hint=True,
    ),
)
OF_CASES = {READ.name: READ, WITHDRAW.name: WITHDRAW}
"""No service has such a name: theirs have a dot."""


class Tools:
    """What the handlers of tools work with."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors
        self._dialogue = doors.dialogue
        self._offered = {one.name: one for one in doors.offered}

    def input_of(self, name: str) -> Mapping[str, Any] | None:
        """The schema of a tool's input; None where there is no such tool."""
        if name in OF_CASES:
            return OF_CASES[name].input_schema
        service = self._offered.get(name)
        return describe_tool(service).input_schema if service else None

    async def list(self, ctx: Context, _: PaginatedRequestParams) -> ListToolsResult:
        """What this caller may ask for, in one page, always in the same order."""
        services = self._dialogue.offers(caller_of(ctx))
        return ListToolsResult(tools=[*map(describe_tool, services), *OF_CASES.values()])

    async def call(
        self, ctx: Context, params: CallToolRequestParams
    ) -> CallToolResult | InputRequiredResult | dict[str, Any]:
        """Ask for a service, or see to a case. What is refused is a tool's error, with its code
        and recovery, so that a model can mend it.
        """
        caller = caller_of(ctx)
        try:
            if params.name in OF_CASES:
                return await self._of_case(caller, params)
            if params.name not in self._offered:
                raise MCPError(INVALID_PARAMS, "there is no tool of this name; see tools/list")
            return await self._ask(ctx, caller, params)
        except Refused as refused:
            return results.of_refusal(refused.refusal)

    async def _ask(
        self, ctx: Context, caller: Caller, params: CallToolRequestParams
    ) -> CallToolResult | InputRequiredResult | dict[str, Any]:
        if params.request_state is not None:
            # sealed by us for this caller and this call: the case is there already
            return await questions.go_on(self._dialogue, ctx, params)
        asked = await soon(self._handed_in(caller, params, ctx), goes_on=True)
        if asked.case_id is None:
            return results.at_once(asked.outcome or {}, asked.receipt)
        view = await soon(self._dialogue.case(caller, asked.case_id))
        if knows(ctx, EXTENSION):
            return as_created(view, asked.receipt)
        if shows_urls(ctx) and not view.ended:
            return await questions.put(self._dialogue, ctx, view, asked.receipt)
        return results.of_case(view, asked.receipt)

    async def _handed_in(
        self, caller: Caller, params: CallToolRequestParams, ctx: Context
    ) -> Asked:
        given = dict(params.arguments or {})
        about = subject_argument(self._offered[params.name])
        subject = given.pop(about, None)
        if not isinstance(subject, str | None):
            raise refuse("unfit_input", f"{about} is the id of a machine, a text")
        own_id = (ctx.meta or {}).get(results.REQUEST_ID)
        if not isinstance(own_id, str | None):
            raise refuse("unfit_request_id", f"{results.REQUEST_ID} is a text")
        hops = cases.read_hops((ctx.meta or {}).get(HOPS))
        return await self._dialogue.ask(
            caller, params.name, given, subject=subject, request_id=own_id, hops=hops
        )

    async def _of_case(self, caller: Caller, params: CallToolRequestParams) -> CallToolResult:
        given = params.arguments or {}
        case_id = case_named(given.get("case"))
        if params.name == READ.name:
            return results.of_case(await soon(self._dialogue.case(caller, case_id)))
        words = given.get("words", "")
        if not isinstance(words, str):
            raise refuse("unfit_input", "words are a text")
        withdrawn = self._dialogue.withdraw(caller, case_id, words)
        return results.of_case(await soon(withdrawn, goes_on=True))


def case_named(name: object) -> UUID:
    """The id of a case. Raises Refused."""
    try:
        return UUID(name) if isinstance(name, str) else UUID("")
    except ValueError:
        raise refuse("unfit_input", "case is the id of a case: a UUID") from None
