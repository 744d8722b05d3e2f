"""The operations as a Thing of the Web of Things, with an action for each service. Pure.

Source: https://www.w3.org/TR/wot-thing-description11/
"""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from thingdesk import __version__, catalog
from thingdesk.access import SCOPE, TOKEN_PATH, Surface
from thingdesk.cases import State
from thingdesk.catalog import Service
from thingdesk.channels.http.shapes import (
    MACHINE,
    Accepted,
    CaseShown,
    CasesShown,
    EventsShown,
    Happened,
    ProblemDetails,
    Withdrawal,
)

Made = dict[str, Any]
SERVICE = "thingdesk:service"
"""What of a service has no name in the vocabulary of Things."""
_CONTEXT = [
    # first, so that clients of version 1.0 read it, too
    "https://www.w3.org/2019/wot/td/v1",
    "https://www.w3.org/2022/wot/td/v1.1",
    {"thingdesk": "urn:thingdesk:thing:", "@language": "en"},
]
_JSON = "application/json"
_PROBLEM = "application/problem+json"
_TOKEN, _PROBLEMS = "token", "problem"
_WHAT = (
    "The customer-service desk for machine customers: an action for each service, and the cases"
    " that came of them."
)
_BEARER = (
    "A short token that the machine signed with its own key, or one that the desk issued for this"
    " surface: its metadata (RFC 8414) say how, by a code that the owner confirms or in a browser."
)
_RECEIPT = {"type": "string", "description": "The desk's signed word: a compact JWS."}
_SUBJECT = {"type": "string", "pattern": MACHINE}
_FOR = {**_SUBJECT, "description": "The machine that it is for; else the caller."}
_CASE = {"type": "string", "format": "uuid", "description": "The case's id."}
_MOST = {"type": "integer", "minimum": 1, "maximum": 100}
_AFTER = {"type": "integer", "minimum": 0, "description": "Begin after this number."}


def make_thing(services: Iterable[Service], base: str) -> Made:
    """The Thing Description of a desk at `base`."""
    at = Surface.HTTP.at(base)
    actions = {one.name: _action(catalog.describe(one), at) for one in services}
    return {
        "@context": _CONTEXT,
        "@type": "Thing",
        "id": base,
        "title": "thingdesk",
        "description": _WHAT,
        "version": {"instance": __version__},
        "support": f"{base}/.well-known/machine-support.json",
        "links": [{"rel": "service-desc", "href": f"{at}/openapi.json", "type": _JSON}],
        "securityDefinitions": _security(base),
        "security": [_TOKEN],
        "schemaDefinitions": {_PROBLEMS: _shape(ProblemDetails)},
        "properties": _properties(at),
        "actions": {**actions, "withdraw": _withdraw(at)},
        "events": {"happened": _event(at)},
    }


def _action(told: Mapping[str, Any], at: str) -> Made:
    form = _form(f"{at}/services/{told['name']}{{?subject}}", "invokeaction")
    return {
        "title": told["title"],
        "description": told["description"],
        "safe": False,
        # what is the same problem is one case, however often it is asked for
        "idempotent": True,
        "synchronous": told["instant"],
        "uriVariables": {"subject": _FOR},
        "input": _inlined(told["input"]),
        "output": _answered(told["outcome"]) if told["instant"] else _shape(Accepted),
        "forms": [{**form, "htv:methodName": "POST"}],
        SERVICE: {**catalog.terms(told), "outcome": told["outcome"]},
    }


def _answered(outcome: Mapping[str, Any]) -> Made:
    return {
        "type": "object",
        "properties": {"outcome": _inlined(outcome), "receipt": _RECEIPT},
        "required": ["outcome", "receipt"],
    }


def _withdraw(at: str) -> Made:
    form = _form(f"{at}/cases/{{case}}/withdraw", "invokeaction")
    return {
        "title": "Withdraw a case",
        "description": "It is not wanted any more; what was done for it and can be is taken back.",
        "safe": False,
        "idempotent": True,
        "synchronous": True,
        "uriVariables": {"case": _CASE},
        "input": _shape(Withdrawal),
        "output": _shape(CaseShown),
        "forms": [{**form, "htv:methodName": "POST"}],
    }


def _properties(at: str) -> Made:
    cases = {
        "state": {"type": "string", "enum": [one.value for one in State]},
        "subject": _SUBJECT,
        "cursor": {"type": "string", "maxLength": 200, "description": "`next` of a page."},
        "most": _MOST,
    }
    one = f"{at}/cases/{{case}}"
    events = {"case": _CASE, "after": _AFTER, "most": _MOST}
    return {
        "cases": _property(CasesShown, f"{at}/cases{{?state,subject,cursor,most}}", cases),
        "case": _property(CaseShown, one, {"case": _CASE}),
        "events": _property(EventsShown, f"{one}/events{{?after,most}}", events),
    }


def _property(shape: type[BaseModel], href: str, variables: Made) -> Made:
    form = _form(href, "readproperty")
    return {**_shape(shape), "readOnly": True, "uriVariables": variables, "forms": [form]}


def _event(at: str) -> Made:
    form = _form(f"{at}/cases/{{case}}/events{{?after}}", "subscribeevent", "unsubscribeevent")
    return {
        "title": "What happens to a case",
        "description": "It ends with the case, and after a quarter of an hour at the latest.",
        "uriVariables": {"case": _CASE, "after": _AFTER},
        "data": _shape(Happened),
        "forms": [{**form, "subprotocol": "sse"}],
    }


def _form(href: str, *ops: str) -> Made:
    refused = {"success": False, "contentType": _PROBLEM, "schema": _PROBLEMS}
    return {"href": href, "op": [*ops], "contentType": _JSON, "additionalResponses": [refused]}


def _security(base: str) -> Made:
    """The token is what is shown; the other is a way to get one."""
    where = {"authorization": f"{base}/oauth/authorize", "token": base + TOKEN_PATH}
    return {
        _TOKEN: {
            "scheme": "bearer",
            "in": "header",
            "format": "jwt",
            "alg": "EdDSA",
            "authorization": base,
            "description": _BEARER,
        },
        "consent": {
            "scheme": "oauth2",
            "flow": "code",
            **where,
            "refresh": where["token"],
            "scopes": [SCOPE],
            "description": "The owner allows it in a browser; with PKCE.",
        },
    }


def _shape(model: type[BaseModel]) -> Made:
    return _inlined(model.model_json_schema(mode="serialization"))


def _inlined(schema: Mapping[str, Any]) -> Made:
    """The schema without references, which a data schema of a Thing does not know."""
    parts = schema.get("$defs", {})
    own = {name: one for name, one in schema.items() if name != "$defs"}
    found: Made = _in_place(own, parts, ())
    return found


def _in_place(value: Any, parts: Mapping[str, Any], within: tuple[str, ...]) -> Any:
    if isinstance(value, list):
        return [_in_place(one, parts, within) for one in value]
    if not isinstance(value, dict):
        return value
    if not isinstance(value.get("$ref"), str):
        return {name: _in_place(one, parts, within) for name, one in value.items()}
    part = value["$ref"].rpartition("/")[2]
    if part in within:
        return {"type": "object"}  # it holds itself, which cannot be written out
    beside = {name: one for name, one in value.items() if name != "$ref"}
    return _in_place({**parts[part], **beside}, parts, (*within, part))
