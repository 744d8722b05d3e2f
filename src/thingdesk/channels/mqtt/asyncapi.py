"""AsyncAPI 3.0 of what goes over MQTT, from the catalog and the topics: what the desk hears and
says. Pure.
"""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from thingdesk import __version__, catalog
from thingdesk.cases import MOST_HOPS
from thingdesk.catalog import Service
from thingdesk.intake import TYPES, Kind
from thingdesk.parties import MACHINE_ID
from thingdesk.topics import CLOCK, TIME, Down, topic

_SCHEMA = dict[str, Any]
_MACHINE = "{machine}"
_TEXT = {"type": "string"}
_ID = {"type": "string", "format": "uuid"}
_UP = {
    Kind.SIGNALS: "Observations: at least one of values, codes and position.",
    Kind.REPORTS: "Requests for services; the same problem is one case, however often it is said.",
    Kind.ACKS: "The machine has a notice, and needs no more repeats.",
    Kind.RESULTS: "What became of a command.",
}
_DOWN = {
    Down.RECEIPTS: "Receipts and refusals of what was sent at QoS 1. A machine repeats until then.",
    Down.NOTICES: "Notices, repeated with the same id until they are acknowledged.",
    Down.COMMANDS: "Commands and their recalls, repeated with the same id until there is a result.",
}
_QOS = {Down.RECEIPTS: 0}
_TIME = "time"
_SERVICE = "x-service"
_HOPS = "Through how many hands it went: what came down with the case that it comes of."
_ONWARD = "What to say as `hops` of a report that comes of this."
_TOLD = ("title", "description", _SERVICE)
_INFO = {
    "title": "thingdesk",
    "version": __version__,
    "description": "What machines and desk say over MQTT: CloudEvents 1.0 in structured JSON, one"
    " event or an array of them.",
}


def describe(services: Iterable[Service], broker: str) -> _SCHEMA:
    """The document; `broker` is where machines connect: mqtt://host:port."""
    schemas: _SCHEMA = {}
    up = {
        Kind.SIGNALS: {"signal": _signal()},
        Kind.REPORTS: {_name(one): _report(one, schemas) for one in services},
        Kind.ACKS: {"ack": _event(TYPES[Kind.ACKS], _object(notice=_ID))},
        Kind.RESULTS: {"result": _event(TYPES[Kind.RESULTS], _result())},
    }
    down = {
        Down.RECEIPTS: {"receipt": _RECEIPT, "refusal": _REFUSAL},
        Down.NOTICES: {"notice": _NOTICE},
        Down.COMMANDS: {"command": _COMMAND, "recall": _RECALL},
    }
    messages = {name: one for kind in (*up.values(), *down.values()) for name, one in kind.items()}
    messages[_TIME] = _event("thingdesk.time", _object(time=_TEXT))
    channels = {kind.value: _channel(kind, says, up[kind]) for kind, says in _UP.items()}
    channels |= {kind.value: _channel(kind, says, down[kind]) for kind, says in _DOWN.items()}
    channels[_TIME] = {
        "address": TIME,
        "description": f"The desk's word of the time; {CLOCK} hears it without a password.",
        "messages": {_TIME: _ref("components/messages", _TIME)},
    }
    return {
        "asyncapi": "3.0.0",
        "info": _INFO,
        "defaultContentType": "application/json",
        "servers": {"broker": _server(broker)},
        "channels": channels,
        "operations": _operations(up, down),
        "components": {
            "messages": {name: _message(name, one) for name, one in messages.items()},
            "schemas": schemas,
            "securitySchemes": {"token": _SECURITY},
        },
    }


_SECURITY = {
    "type": "userPassword",
    "description": "User name and client id are the machine's id, the password is its token.",
}


def _server(broker: str) -> _SCHEMA:
    parts = urlsplit(broker)
    return {
        "host": parts.netloc,
        "protocol": "secure-mqtt" if parts.scheme == "mqtts" else "mqtt",
        "security": [_ref("components/securitySchemes", "token")],
    }


def _channel(kind: Kind | Down, says: str, messages: Iterable[str]) -> _SCHEMA:
    about = f"The machine's own id: {MACHINE_ID.pattern}"
    return {
        "address": topic(_MACHINE, kind),
        "description": says,
        "parameters": {"machine": {"description": about}},
        "messages": {name: _ref("components/messages", name) for name in messages},
    }


def _operations(up: dict[Kind, _SCHEMA], down: dict[Down, _SCHEMA]) -> _SCHEMA:
    found: _SCHEMA = {}
    for kind, messages in up.items():
        for name in messages:
            found[name] = _operation("receive", kind, [name])
            found[name]["reply"] = {
                "channel": _ref("channels", Down.RECEIPTS),
                "messages": [_in(Down.RECEIPTS, one) for one in down[Down.RECEIPTS]],
            }
    for heard, messages in down.items():
        found[heard.value] = _operation("send", heard, messages)
    found[_TIME] = {
        "action": "send",
        "channel": _ref("channels", _TIME),
        "messages": [_in(_TIME, _TIME)],
        "bindings": {"mqtt": {"qos": 0, "bindingVersion": "0.2.0"}},
    }
    return found


def _operation(action: str, kind: Kind | Down, messages: Iterable[str]) -> _SCHEMA:
    qos = _QOS.get(kind, 1) if isinstance(kind, Down) else 1
    return {
        "action": action,
        "channel": _ref("channels", kind.value),
        "messages": [_in(kind.value, one) for one in messages],
        "bindings": {"mqtt": {"qos": qos, "retain": False, "bindingVersion": "0.2.0"}},
    }


def _message(name: str, payload: _SCHEMA) -> _SCHEMA:
    told: _SCHEMA = {one: payload[one] for one in _TOLD if one in payload}
    bare = {one: value for one, value in payload.items() if one not in told}
    return {"name": name, "contentType": "application/json", **told, "payload": bare}


def _ref(where: str, name: str) -> _SCHEMA:
    return {"$ref": f"#/{where}/{name}"}


def _in(channel: str, message: str) -> _SCHEMA:
    return _ref(f"channels/{channel}/messages", message)


def _with_hops(event: _SCHEMA, least: int, most: int, says: str) -> _SCHEMA:
    """The event with how many hands it went through, as an extension attribute of CloudEvents."""
    hops = {"type": "integer", "minimum": least, "maximum": most, "description": says}
    return {**event, "properties": {**event["properties"], "hops": hops}}


def _object(*, optional: Iterable[str] = (), **properties: _SCHEMA) -> _SCHEMA:
    needed = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": needed}


def _event(type_: str, data: _SCHEMA) -> _SCHEMA:
    """An event with these data, as CloudEvents has it."""
    return _object(
        specversion={"const": "1.0"},
        id={"type": "string", "pattern": "^[!-~]{1,128}$"},
        source=_TEXT,
        type={"const": type_},
        time={"type": "string", "format": "date-time"},
        datacontenttype=_TEXT,
        data=data,
        optional=("source", "time", "datacontenttype"),
    )


def _signal() -> _SCHEMA:
    position = _object(lat={"type": "number"}, lon={"type": "number"})
    data = _object(
        values={"type": "object", "additionalProperties": {"type": "number"}},
        codes={"type": "array", "items": _TEXT, "maxItems": 64},
        position=position,
        optional=("values", "codes", "position"),
    )
    return _event(TYPES[Kind.SIGNALS], data | {"additionalProperties": False, "minProperties": 1})


def _name(service: Service) -> str:
    return f"report.{service.name}"


def _report(service: Service, schemas: _SCHEMA) -> _SCHEMA:
    """A report for this service; the schemas that its input names go into `schemas`."""
    known = catalog.describe(service)
    given = _moved(known["input"], service.name)
    schemas |= {f"{service.name}.{name}": one for name, one in given.pop("$defs", {}).items()}
    data = _object(
        service={"const": service.name},
        input=given,
        subject={"type": "string", "pattern": f"^{MACHINE_ID.pattern}$"},
        optional=("subject",),
    )
    told: _SCHEMA = {"title": known["title"], "description": known["description"]}
    told[_SERVICE] = catalog.terms(known)
    event = _event(TYPES[Kind.REPORTS], data | {"additionalProperties": False})
    return told | _with_hops(event, 0, MOST_HOPS, _HOPS)


def _moved(schema: Any, prefix: str) -> Any:
    """References within a schema lead into the document's components."""
    if isinstance(schema, list):
        return [_moved(one, prefix) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: f"#/components/schemas/{prefix}.{one.removeprefix('#/$defs/')}"
        if name == "$ref" and isinstance(one, str)
        else _moved(one, prefix)
        for name, one in schema.items()
    }


def _result() -> _SCHEMA:
    states = ["done", "refused", "failed", "expired", "recalled"]
    detail = {"type": "object"}
    return _object(command=_ID, status={"enum": states}, detail=detail, optional=("detail",))


def _told(type_: str, data: _SCHEMA) -> _SCHEMA:
    """An event that tells of a case."""
    return _with_hops(_event(type_, data), 1, MOST_HOPS + 1, _ONWARD)


_REFUSAL = _event(
    "thingdesk.refusal",
    _object(
        event={"type": ["string", "null"]},
        code=_TEXT,
        reason=_TEXT,
        recovery={"enum": ["retry", "fix_input", "ask_owner", "contact_us"]},
        fields={"type": "array", "items": _object(path=_TEXT, problem=_TEXT, mend=_TEXT)},
    ),
)
_RECEIPT = _event("thingdesk.receipt", _object(receipt=_TEXT))
_NOTICE = _told(
    "thingdesk.notice",
    _object(
        notice=_ID,
        kind=_TEXT,
        case={"type": ["string", "null"]},
        words=_TEXT,
        data={"type": "object"},
    ),
)
_COMMAND = _told(
    "thingdesk.command",
    _object(
        command=_ID,
        case=_ID,
        name=_TEXT,
        arguments={"type": "object"},
        expires={"type": "string", "format": "date-time"},
        preconditions={"type": "object"},
    ),
)
_RECALL = _told("thingdesk.recall", _object(command=_ID, case=_ID, reason=_TEXT))
