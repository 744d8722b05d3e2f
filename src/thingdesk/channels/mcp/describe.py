"""Services of the catalog as tools. Pure, but for schemas that are made once."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from mcp_types import Tool, ToolAnnotations

from thingdesk.catalog import Service, describe, explain, terms
from thingdesk.platform.errors import Recovery

_SUBJECT = "subject"
_ABOUT_SUBJECT = (
    "The machine that it is about, by its id; without it the caller itself. It must belong to the "
    "same owner."
)
FOLLOW = "\nFollow it as the resource case://{case} or by case_read."
_NOTHING: dict[str, Any] = {"type": "null"}
_TEXT = {"type": "string"}
_TIME = {"type": "string", "format": "date-time"}


def _or_none(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, _NOTHING]}


_WAITING = {
    "type": "array",
    "description": "What the owner is asked: only the owner can answer, at `url`.",
    "items": {
        "type": "object",
        "properties": {
            "id": _TEXT,
            "kind": {"enum": ["decision", "approval"]},
            "words": _TEXT,
            "choices": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"id": _TEXT, "words": _TEXT},
                    "required": ["id", "words"],
                },
            },
            "deadline": _TIME,
            "url": {"type": "string", "format": "uri"},
        },
        "required": ["id", "kind", "words", "choices", "deadline", "url"],
    },
}
_PROMISES = {
    "type": "array",
    "description": "What the desk said by when.",
    "items": {
        "type": "object",
        "properties": {
            "name": _TEXT,
            "due": _or_none(_TIME),
            "kept": _or_none(_TIME),
            "broken": _or_none(_TIME),
        },
        "required": ["name", "due", "kept", "broken"],
    },
}
CASE: dict[str, Any] = {
    "case": {"type": "string", "format": "uuid", "description": "Its resource is case://{case}."},
    "version": {"type": "string", "description": "Another one whenever anything has changed."},
    "subject": {"type": "string", "description": "The machine that the case is about."},
    "reporter": _TEXT,
    "service": _TEXT,
    "title": _TEXT,
    "input": {"type": "object", "description": "As it was asked for: data, whatever it says."},
    "state": {"enum": ["open", "verifying", "ended"]},
    "outcome": {
        "enum": ["verified", "fulfilled", "unverified", "refused", "withdrawn", None],
        "description": "How it ended; verified only by the signals of the machine itself.",
    },
    "words": {**_or_none(_TEXT), "description": "The same for people."},
    "data": _or_none({"type": "object"}),
    "opened": _TIME,
    "ended": _or_none(_TIME),
    "reports": {"type": "integer"},
    "hops": {"type": "integer", "description": "What to say as hops where this is passed on."},
    "promises": _PROMISES,
    "waiting": _WAITING,
}
"""How a case stands, property by property; `results.as_data` fills it."""
_FIELD = {"path": _TEXT, "problem": _TEXT, "mend": _TEXT}
_REFUSAL: dict[str, Any] = {
    "code": {"type": "string", "description": "Why it was refused, for machines."},
    "reason": {"type": "string", "description": "The same for people."},
    "recovery": {"enum": [*Recovery], "description": "What to do next."},
    "fields": {
        "type": "array",
        "description": "What is wrong in the input.",
        "items": {"type": "object", "properties": _FIELD, "required": [*_FIELD]},
    },
}
"""Why not, property by property; `results.of_refusal` fills it. No case has such a property."""

_WORDS = "words"
_ALWAYS = ("state", "outcome", "words", "data")


@lru_cache(maxsize=1024)
def describe_tool(service: Service) -> Tool:
    """The tool that asks for this service."""
    told = describe(service)
    return Tool(
        name=service.name,
        title=told["title"],
        description=_words(told),
        input_schema=_input(service, told["input"]),
        output_schema=_output(told),
        annotations=ToolAnnotations(
            title=service.title,
            read_only_hint=False,
            destructive_hint="command" in service.effects,
            # what is the same problem is one case, however often it is asked for
            idempotent_hint=True,
            open_world_hint=bool(service.effects),
        ),
        _meta={f"thingdesk/{name}": one for name, one in terms(told).items()},
    )


def output(properties: dict[str, Any], required: Iterable[str]) -> dict[str, Any]:
    """The schema of what a tool answers: this, or a refusal. Clients hold refusals against it, too;
    and all properties stand at the root, for those which look nowhere else.
    """
    return {
        "type": "object",
        "properties": {**properties, **_REFUSAL},
        "anyOf": [
            {"title": "Answered", "required": [*required]},
            {"title": "Refused", "required": [*_REFUSAL]},
        ],
    }


def subject_argument(service: Service) -> str:
    """The name of the argument that says which machine it is about, which no field has."""
    return "subject_machine" if _SUBJECT in service.input.model_fields else _SUBJECT


def _input(service: Service, schema: dict[str, Any]) -> dict[str, Any]:
    about = {"type": "string", "maxLength": 64, "description": _ABOUT_SUBJECT}
    fields = {**schema.get("properties", {}), subject_argument(service): about}
    return {**schema, "type": "object", "properties": fields}


def _output(told: dict[str, Any]) -> dict[str, Any]:
    own = dict(told["outcome"])
    shared = own.pop("$defs", {})
    # its words stand beside it
    own["properties"] = {k: v for k, v in own.get("properties", {}).items() if k != _WORDS}
    own["required"] = [one for one in own.get("required", []) if one != _WORDS]
    came = {"anyOf": [own, {"type": "object"}, _NOTHING]}
    receipt = {"type": "string", "description": "The desk's signed word that it is stored: a JWS."}
    required = _ALWAYS if told["instant"] else ("case", *_ALWAYS, "waiting")
    schema = output({**CASE, "data": came, "receipt": receipt}, required)
    return schema | ({"$defs": shared} if shared else {})


def _words(told: dict[str, Any]) -> str:
    return explain(told) + ("" if told["instant"] else FOLLOW)
