"""What machines send, as the readers of the stages take it: CloudEvents 1.0, one or a batch."""

from typing import Any

from thingdesk.cases import MOST_HOPS
from thingdesk.catalog import PRINTED, Catalog
from thingdesk.channels.http.shapes import MACHINE, REF
from thingdesk.fulfilment import RESULTS
from thingdesk.intake import TYPES, Kind
from thingdesk.platform.cloudevents import MOST_EVENTS

Schema = dict[str, Any]
FURTHER: Schema = {"$ref": f"{REF}Further"}
"""What others add: any JSON, as long as it can be kept and hashed."""
_NAME = "^[!-~]{1,64}$"
_NUMBER = {"type": "number", "exclusiveMinimum": -1e15, "exclusiveMaximum": 1e15}
_FURTHER: Schema = {
    "pattern": PRINTED,
    "minimum": -(2**53),
    "maximum": 2**53,
    "items": FURTHER,
    "additionalProperties": FURTHER,
    "propertyNames": {"pattern": PRINTED},
}
_HOPS: Schema = {
    "hops": {
        "type": ["integer", "null"],
        "minimum": 0,
        "maximum": MOST_HOPS,
        "description": "Through how many hands it went: what was told with the case it comes of.",
    }
}
_ID = {"type": "string", "format": "uuid"}


def components(offered: Catalog) -> dict[str, Schema]:
    """By the kind of event: `Signals`, `Reports` and so on, each with its event; and `Further`."""
    data = {
        Kind.SIGNALS: _signal(),
        Kind.REPORTS: {"oneOf": [_report(one.name) for one in offered]},
        Kind.ACKS: _object({"notice": _ID}, "notice"),
        Kind.RESULTS: _object(
            {
                "command": _ID,
                "status": {"enum": sorted(RESULTS)},
                "detail": {"type": "object", "additionalProperties": False},
            },
            "command",
            "status",
        ),
    }
    found: dict[str, Schema] = {"Further": _FURTHER}
    for kind, schema in data.items():
        one = f"{kind.capitalize()}.event"
        found[one] = _event(TYPES[kind], schema, _HOPS if kind is Kind.REPORTS else {})
        # in a batch each event stands for itself: what is none does not keep the others out
        batch = {"type": "array", "items": {}, "minItems": 1, "maxItems": MOST_EVENTS}
        batch["description"] = "A batch of such events."
        found[kind.capitalize()] = {"oneOf": [{"$ref": REF + one}, batch]}
    return found


def _event(kind: str, data: Schema, further: Schema) -> Schema:
    made = _object(
        {
            "specversion": {"const": "1.0"},
            "id": {"type": "string", "pattern": "^[!-~]{1,128}$"},
            "type": {"const": kind},
            "time": {"type": ["string", "null"], "format": "date-time"},
            "data": data,
            **further,
        },
        "specversion",
        "id",
        "type",
        "data",
    )
    return {**made, "additionalProperties": FURTHER, "propertyNames": {"pattern": PRINTED}}


def _signal() -> Schema:
    names = {"propertyNames": {"pattern": _NAME}, "maxProperties": 256}
    codes = {"type": "string", "pattern": "^[!-~]{1,32}$"}
    lat = {"type": "number", "minimum": -90, "maximum": 90}
    lon = {"type": "number", "minimum": -180, "maximum": 180}
    made = _object(
        {
            "values": {"type": "object", "additionalProperties": _NUMBER, **names},
            "codes": {"type": "array", "items": codes, "maxItems": 64},
            "position": _object({"lat": lat, "lon": lon}, "lat", "lon"),
        }
    )
    return {**made, "minProperties": 1}


def _report(service: str) -> Schema:
    named = {"service": {"const": service}, "input": {"$ref": REF + service}}
    subject = {"type": "string", "pattern": MACHINE}
    return _object({**named, "subject": subject}, "service", "input")


def _object(properties: dict[str, Schema], *required: str) -> Schema:
    made = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**made, "required": list(required)} if required else made
