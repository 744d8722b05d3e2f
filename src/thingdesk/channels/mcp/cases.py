"""Cases as resources: `case://{id}`."""

from typing import Any
from uuid import UUID

import orjson
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    ListResourcesResult,
    ListResourceTemplatesResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    Resource,
    ResourceTemplate,
    TextResourceContents,
)

from thingdesk.access import Caller
from thingdesk.calling import soon
from thingdesk.channels.mcp import results
from thingdesk.channels.mcp.calls import Context, as_error, caller_of
from thingdesk.dialogue import CaseView, Dialogue
from thingdesk.platform.errors import Refused

SCHEME = "case://"
_PAGE = 50
_MOST_TOLD = 100
_ABOUT = "How a case stands, and what happened to it."
TEMPLATE = ResourceTemplate(
    name="case",
    title="A case",
    uri_template="case://{id}",
    description=_ABOUT,
    mime_type=results.JSON,
)


class Cases:
    """What the handlers of resources work with."""

    def __init__(self, dialogue: Dialogue) -> None:
        self._dialogue = dialogue

    async def list(self, ctx: Context, params: PaginatedRequestParams) -> ListResourcesResult:
        """The cases that the caller may see, the newest first."""
        wanted = self._dialogue.cases(caller_of(ctx), after=params.cursor, most=_PAGE)
        try:
            page = await soon(wanted)
        except Refused as refused:
            raise as_error(refused) from None
        return ListResourcesResult(
            resources=[_listed(one) for one in page.cases], next_cursor=page.further
        )

    async def templates(
        self, _: Context, __: PaginatedRequestParams
    ) -> ListResourceTemplatesResult:
        """The one that there is."""
        return ListResourceTemplatesResult(resource_templates=[TEMPLATE])

    async def read(self, ctx: Context, params: ReadResourceRequestParams) -> ReadResourceResult:
        """A case, with the newest entries of its timeline."""
        case_id = case_at(params.uri)
        try:
            data = await soon(self._told(caller_of(ctx), case_id))
        except Refused as refused:
            raise as_error(refused, uri=params.uri) from None
        text = orjson.dumps(data).decode()
        about = TextResourceContents(uri=params.uri, mime_type=results.JSON, text=text)
        return ReadResourceResult(contents=[about])

    async def _told(self, caller: Caller, case_id: UUID) -> dict[str, Any]:
        view = await self._dialogue.case(caller, case_id)
        since = max(0, view.told - _MOST_TOLD)
        told = await self._dialogue.timeline(caller, case_id, since, _MOST_TOLD)
        return results.as_data(view) | {"timeline": [results.told_as_data(one) for one in told]}


def case_at(uri: str) -> UUID:
    """The case that is at this address. Raises as for a resource that there is not."""
    try:
        if uri.startswith(SCHEME):
            return UUID(uri.removeprefix(SCHEME))
    except ValueError:
        pass
    raise MCPError(INVALID_PARAMS, "Resource not found", data={"uri": uri[:200]})


def _listed(view: CaseView) -> Resource:
    return Resource(
        uri=results.uri_of(view.id),
        name=str(view.id),
        title=view.title,
        description=results.in_words(view),
        mime_type=results.JSON,
    )
