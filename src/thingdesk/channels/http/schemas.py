"""Schemas for OpenAPI 3.1: what a service asks for and answers, and what every operation has."""

from typing import Any

from fastapi.openapi.utils import get_openapi
from starlette.routing import BaseRoute

from thingdesk import catalog
from thingdesk.catalog import Catalog, Service
from thingdesk.channels.http import event_schemas
from thingdesk.channels.http.shapes import PRINTED, Accepted, EventTaken, HookAsked, ProblemDetails
from thingdesk.intake import Kind

REF = "#/components/schemas/"
_BOUND = {"pattern", "format", "enum", "const"}
_RECEIPT = {"type": "string", "description": "The desk's signed word: a compact JWS."}
PROBLEM = {
    "description": "Refused: what is wrong, and how to go on.",
    "content": {"application/problem+json": {"schema": {"$ref": f"{REF}ProblemDetails"}}},
}
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


def operation(service: Service) -> dict[str, Any]:
    """How the service's operation is described: all of it comes from the catalog."""
    told = catalog.describe(service)
    kept = ("version", "stage", "instant", "safety", "promise", "effects", "identity", "kinds")
    extra = {
        **SECURED,
        "tags": ["services"],
        "requestBody": _json({"$ref": f"{REF}{service.name}"}) | {"required": True},
        "x-service": {name: told[name] for name in kept},
    }
    responses: dict[int | str, dict[str, Any]] = {"default": PROBLEM}
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
        } | _json({"$ref": f"{REF}Accepted"})
    return {
        "summary": service.title,
        "description": service.description or service.title,
        "responses": responses,
        "openapi_extra": extra,
    }


def described(kind: Kind) -> dict[str, Any]:
    """How it is described what machines send of a kind."""
    body = _json({"$ref": f"{REF}{kind.capitalize()}"}) | {"required": True}
    taken = {"description": "What became of each event."} | _json({"$ref": f"{REF}EventTaken"})
    return {
        "response_model": None,
        "responses": {200: taken},
        "openapi_extra": {**SECURED, "requestBody": body},
    }


def components(offered: Catalog) -> dict[str, Any]:
    """The schemas of all inputs and outcomes, by `service`, `service.outcome`, `service.Part`."""
    found: dict[str, Any] = {}
    for one in offered:
        told = catalog.describe(one)
        found |= _hoisted(one.name, one.name, _printable(told["input"]))
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
    schemas |= event_schemas.components(offered, REF)
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


def _printable(schema: Any) -> Any:
    """The same, and that a text has no control characters: such are stored nowhere."""
    if isinstance(schema, list):
        return [_printable(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _printable(value) for key, value in schema.items()}
    if schema.get("type") == "string" and not schema.keys() & _BOUND:
        found["pattern"] = PRINTED
    return found


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
