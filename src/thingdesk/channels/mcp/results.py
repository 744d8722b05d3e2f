"""Cases and refusals as MCP has them. Pure."""

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from mcp_types import (
    CallToolResult,
    ElicitRequest,
    ElicitRequestURLParams,
    InputRequest,
    ResourceLink,
    TextContent,
)

from thingdesk.calling import as_sent
from thingdesk.cases import Outcome
from thingdesk.dialogue import CaseView, Told, Waiting
from thingdesk.platform.errors import Recovery, Refusal

JSON = "application/json"
REQUEST_ID = "thingdesk/request_id"
"""In `_meta` of a call: an id of the client's own, with which a repeat gets the same answer."""
_NAMES = (("data.input", ""), ("data.service", "name"), ("data.subject", "subject"))
_MEND = {
    Recovery.RETRY: "Send the same again later.",
    Recovery.FIX_INPUT: "Mend the input and call again.",
    Recovery.ASK_OWNER: "Only the owner can permit this.",
    Recovery.CONTACT_US: "A person has to look at it.",
}


def uri_of(case_id: UUID) -> str:
    """The resource that a case is."""
    return f"case://{case_id}"


def as_data(view: CaseView) -> dict[str, Any]:
    """How a case stands, as `describe.CASE` says."""
    return {
        "case": str(view.id),
        "version": view.version,
        "subject": view.subject,
        "reporter": view.reporter,
        "service": view.service,
        "title": view.title,
        "input": view.input,
        "state": view.state.value,
        "outcome": view.outcome.value if view.outcome else None,
        "words": view.words,
        "data": view.data,
        "opened": view.opened_at.isoformat(),
        "ended": _text(view.ended_at),
        "reports": view.reports,
        "hops": view.onward,
        "promises": [
            {
                "name": one.name,
                "due": _text(one.due),
                "kept": _text(one.kept),
                "broken": _text(one.broken),
            }
            for one in view.promises
        ],
        "waiting": [_asked(one) for one in view.waiting],
    }


def told_as_data(told: Told) -> dict[str, Any]:
    """An entry of a case's timeline."""
    return {
        "number": told.number,
        "at": told.at.isoformat(),
        "kind": told.kind,
        "words": told.words,
        "data": told.data,
    }


RECEIPT = "thingdesk/receipt"
"""In `_meta` of a task: the desk's signed word that it was asked for, a compact JWS."""


def of_case(view: CaseView, receipt: str | None = None) -> CallToolResult:
    """A case as the result of a tool: an error where it was refused."""
    data = as_data(view) | ({"receipt": receipt} if receipt else {})
    link = ResourceLink(name=str(view.id), title=view.title, uri=uri_of(view.id), mime_type=JSON)
    return CallToolResult(
        content=[TextContent(text=in_words(view)), _as_text(data), link],
        structured_content=data,
        is_error=view.outcome is Outcome.REFUSED,
    )


def at_once(outcome: dict[str, Any], receipt: str) -> CallToolResult:
    """The outcome of an instant service."""
    words = str(outcome.get("words", ""))
    data = {
        "state": "ended",
        "outcome": Outcome.FULFILLED.value,
        "words": words,
        "data": {name: value for name, value in outcome.items() if name != "words"},
        "receipt": receipt,
    }
    return CallToolResult(
        content=[TextContent(text=words), _as_text(data)], structured_content=data
    )


def of_refusal(refusal: Refusal) -> CallToolResult:
    """Why not, and what to do next: for the model in words, for the client as data."""
    data = as_sent(refusal, _NAMES, REQUEST_ID).as_data()
    for one in data["fields"]:
        one["mend"] = one["mend"].replace("GET /v1/catalog", "tools/list")
    words = f"{data['reason'].rstrip('.')}. {_MEND[refusal.recovery]}"
    return CallToolResult(
        content=[TextContent(text=words), _as_text(data)], structured_content=data, is_error=True
    )


def in_words(view: CaseView) -> str:
    """How a case stands, in a sentence or two."""
    if view.ended:
        outcome = view.outcome.value if view.outcome else "ended"
        return f"{view.words}" if view.words else f"{view.title}: {outcome}."
    if view.waiting:
        asked = " ".join(f"{one.words} ({one.url})" for one in view.waiting)
        return f"{view.title}: waits for the owner, who alone can answer. {asked}"
    return f"{view.title}: under way, as case {view.id}."


def questions(view: CaseView, *, with_ids: bool = False) -> dict[str, InputRequest]:
    """What the owner is to answer, by the address of our page alone; 2025-11-25 has ids, too."""
    return {
        str(one.id): ElicitRequest(
            params=ElicitRequestURLParams(
                message=one.words, url=one.url, elicitation_id=str(one.id) if with_ids else None
            )
        )
        for one in view.waiting
    }


def _asked(one: Waiting) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "kind": one.kind.value,
        "words": one.words,
        "choices": [{"id": choice.id, "words": choice.words} for choice in one.choices],
        "deadline": one.deadline.isoformat(),
        "url": one.url,
    }


def _as_text(data: dict[str, Any]) -> TextContent:
    return TextContent(text=orjson.dumps(data).decode())


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
