"""What is described of the bodies: the parts of TMF621 that are used, after its own schemas."""

from http import HTTPStatus
from typing import Any, get_args

from thingdesk.channels.tmf621.given import NewHub, NewSpecification, NewTicket, Status

REF = "#/components/schemas/"
SECURED: dict[str, Any] = {"security": [{"bearer": []}, {"dpop": []}]}
_TEXT = {"type": "string"}
_TIME = {"type": "string", "format": "date-time"}
_LIST = {"type": "array", "items": {"type": "object", "required": ["@type"]}}


def json(name: str, *, many: bool = False) -> dict[str, Any]:
    """A body with one of these, or many."""
    one = {"$ref": REF + name}
    schema = {"type": "array", "items": one} if many else one
    return {"content": {"application/json": {"schema": schema}}}


REFUSED: dict[int | str, dict[str, Any]] = {
    one: {"description": HTTPStatus(one).phrase, **json("Error")}
    for one in (400, 401, 403, 404, 409, 429, 503)
}
"""How any call may be answered: the statuses of TMF621, and that there were too many calls."""
NEVER: dict[str, Any] = {"status_code": 403, "response_model": None}
"""For what TMF621 has and the desk never does."""


def _entity(kind: str, **more: Any) -> dict[str, Any]:
    properties = {"@type": {"const": kind}, "id": _TEXT, "href": _TEXT, **more}
    return {"type": "object", "required": ["@type", "id", "href"], "properties": properties}


COMPONENTS: dict[str, Any] = {
    "Error": {
        "type": "object",
        "required": ["@type", "code", "reason"],
        "properties": dict.fromkeys(("@type", "code", "reason", "message", "status"), _TEXT),
    },
    "TroubleTicket": _entity(
        "TroubleTicket",
        name=_TEXT,
        description=_TEXT,
        ticketType=_TEXT,
        severity=_TEXT,
        priority=_TEXT,
        externalIdentifier=_LIST,
        status={"enum": ["pending", "inProgress", "resolved", "closed", "rejected", "cancelled"]},
        creationDate=_TIME,
        expectedResolutionDate=_TIME,
        resolutionDate=_TIME,
        statusChangeReason=_TEXT,
        relatedEntity=_LIST,
        troubleTicketSpecification={"type": "object", "required": ["@type", "id"]},
        troubleTicketCharacteristic=_LIST,
        note=_LIST,
    ),
    "TroubleTicketSpecification": _entity(
        "TroubleTicketSpecification",
        name=_TEXT,
        description=_TEXT,
        version=_TEXT,
        lifecycleStatus=_TEXT,
        specCharacteristic=_LIST,
    ),
    "TroubleTicket_MVO": {
        "type": "object",
        "required": ["@type"],
        "properties": {
            **dict.fromkeys(("@type", "@baseType", "@schemaLocation"), _TEXT),
            "status": {
                "enum": list(get_args(Status)),
                "description": "`cancelled`, or what it is: no other one is for callers to set.",
            },
            "statusChangeReason": {"type": ["string", "null"], "maxLength": 500},
        },
        "additionalProperties": False,
    },
    "Hub": {
        "type": "object",
        "required": ["@type", "id", "callback"],
        "properties": {
            "@type": {"const": "Hub"},
            **dict.fromkeys(("id", "callback", "query", "secret"), _TEXT),
        },
    },
    **{
        name: {
            key: value
            for key, value in shape.model_json_schema(ref_template=REF + "{model}").items()
            if key != "$defs"
        }
        for name, shape in (
            ("TroubleTicket_FVO", NewTicket),
            ("Hub_FVO", NewHub),
            ("TroubleTicketSpecification_FVO", NewSpecification),
        )
    },
    **NewTicket.model_json_schema(ref_template=REF + "{model}")["$defs"],
}
