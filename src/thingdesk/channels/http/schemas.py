"""Schemas for OpenAPI 3.1: what a service asks for and answers, and what every operation has."""

from http import HTTPStatus
from typing import Any

from fastapi.openapi.utils import get_openapi
from starlette.routing import BaseRoute

from thingdesk import catalog
from thingdesk.catalog import Catalog, Service
from thingdesk.channels.http import event_schemas
from thingdesk.channels.http.shapes import REF, Accepted, EventTaken, HookAsked, ProblemDetails
from thingdesk.intake import Kind

_RECEIPT = {"type": "string", "description": "The desk's signed word: a compact JWS."}
_PROBLEM = {"application/problem+json": {"schema": {"$ref": f"{REF}ProblemDetails"}}}
CALLED = (401, 403, 404, 422, 429, 503)
"""How a call of a machine may be refused."""
SENT = (400, 408, 409, 413)
"""How what it brings may be, beside that."""
FAILED = 500
"""How an instant service may end, by a mistake in its code."""
SECURED: dict[str, Any] = {"security": [{"bearer": []}, {"dpop": []}]}
_SCHEMES = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A short token that the machine signed with its own key, or one that the"
        " desk issued for this surface.",
    },
    "dpop": {
        "type": "http",
        "scheme": "dpop",
        "description": "A token that the desk issued for a key, with a proof of it (RFC 9449).",
    },
}


def _leads(path: str, method: str, parameter: str, found: str) -> dict[str, Any]:
    """A link: what an answer has `found` is that `parameter` of another operation."""
    where = path.replace("/", "~1")
    expression = f"$response.body#{found}"
    return {"operationRef": f"#/paths/{where}/{method}", "parameters": {parameter: expression}}


CASE_LINKS = {
    "case": _leads("/cases/{case_id}", "get", "case_id", "/case/case"),
    "events": _leads("/cases/{case_id}/events", "get", "case_id", "/case/case"),
    "withdraw": _leads("/cases/{case_id}/withdraw", "post", "case_id", "/case/case"),
}
HOOK_LINKS = {
    "hook": _leads("/hooks/{hook_id}", "get", "hook_id", "/hook"),
    "end": _leads("/hooks/{hook_id}", "delete", "hook_id", "/hook"),
}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """These answers, which say what is wrong, and how to go on."""
    return {
        one: {"description": HTTPStatus(one).phrase, "content": _PROBLEM}
        for one in sorted(statuses)
    }


def operation(service: Service) -> dict[str, Any]:
    """How the service's operation is described: all of it comes from the catalog."""
    told = catalog.describe(service)
    extra = {
        **SECURED,
        "tags": ["services"],
        "requestBody": _json({"$ref": f"{REF}{service.name}"}) | {"required": True},
        "x-service": catalog.terms(told),
    }
    responses = refusals(*CALLED, *SENT, 415, *([FAILED] if service.instant else []))
    if service.instant:
        shape = {
            "type": "object",
            "required": ["outcome", "receipt"],
            "properties": {
                "outcome": {"$ref": f"{REF}{service.name}.outcome"},
                "receipt": _RECEIPT,
            },
        }
        responses[200] = {"description": "Its outcome."} | _json(shape)
    else:
        location = {"schema": {"type": "string", "format": "uri"}, "required": True}
        responses[202] = {
            "description": "A case works on it; its outcome comes later.",
            "headers": {"Location": {"description": "The case.", **location}},
            "links": CASE_LINKS,
        } | _json({"$ref": f"{REF}Accepted"})
    return {
        "summary": told["title"],
        "description": told["description"],
        "responses": responses,
        "openapi_extra": extra,
    }


def described(kind: Kind) -> dict[str, Any]:
    """How it is described what machines send of a kind."""
    body = _json({"$ref": f"{REF}{kind.capitalize()}"}) | {"required": True}
    taken = {"description": "What became of each event."} | _json({"$ref": f"{REF}EventTaken"})
    return {
        "response_model": None,
        "responses": {200: taken, **refusals(*([FAILED] if kind is Kind.REPORTS else []))},
        "openapi_extra": {**SECURED, "requestBody": body},
    }


def components(offered: Catalog) -> dict[str, Any]:
    """The schemas of all inputs and outcomes, by `service`, `service.outcome`, `service.Part`."""
    found: dict[str, Any] = {}
    for one in offered:
        told = catalog.describe(one)
        found |= _hoisted(one.name, one.name, told["input"])
        found |= _hoisted(f"{one.name}.outcome", f"{one.name}.outcome", told["outcome"])
    return found


def document(offered: Catalog, routes: list[BaseRoute], version: str) -> dict[str, Any]:
    """The whole of it."""
    made = get_openapi(
        title="thingdesk",
        version=version,
        summary="The customer-service desk for machine customers.",
        routes=routes,
        servers=[{"url": "/v1"}],
    )
    parts = made.setdefault("components", {})
    schemas = parts.setdefault("schemas", {})
    schemas |= components(offered)
    schemas |= event_schemas.components(offered)
    for shape in (ProblemDetails, Accepted, EventTaken, HookAsked):
        name = shape.__name__
        schemas |= _hoisted(name, name, shape.model_json_schema(mode="serialization"))
    parts["securitySchemes"] = _SCHEMES
    for path in made["paths"].values():
        for one in path.values():
            for parameter in one.get("parameters", ()):
                parameter["schema"] = _given(parameter["schema"])
    return made


def _given(schema: dict[str, Any]) -> dict[str, Any]:
    """What a parameter is where it is given: in a path, a query or a header nothing is null."""
    given = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    if len(given) != 1:
        return schema
    return {**{name: it for name, it in schema.items() if name != "anyOf"}, **given[0]}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def _hoisted(name: str, prefix: str, schema: dict[str, Any]) -> dict[str, Any]:
    """A schema and the parts that it defines, as components that point at each other."""
    inner = schema.get("$defs", {})
    names = {f"#/$defs/{one}": f"{REF}{prefix}.{one}" for one in inner}
    own = {key: value for key, value in schema.items() if key != "$defs"}
    parts = {f"{prefix}.{one}": _pointed(value, names) for one, value in inner.items()}
    return {name: _pointed(own, names), **parts}


def _pointed(schema: Any, names: dict[str, str]) -> Any:
    if isinstance(schema, list):
        return [_pointed(one, names) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: names.get(value, value) if key == "$ref" else _pointed(value, names)
        for key, value in schema.items()
    }
