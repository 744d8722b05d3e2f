"""A service as data. Every surface is made of this, and says nothing of a service that is not here.

Pure.
"""

from collections.abc import Mapping
from typing import Any

from thingdesk.catalog.model import Service

PRINTED = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"
"""A text without control characters: such are stored nowhere, so no surface takes them."""
_BOUND = {"pattern", "format", "enum", "const"}
_TERMS = (
    *("version", "stage", "instant", "safety", "responsible", "kinds"),
    *("promise", "business_hours", "effects", "identity", "expectations"),
)


def describe(service: Service) -> dict[str, Any]:
    """The service as data, for machines and agents: the source of every projection."""
    return {
        "name": service.name,
        "version": service.version,
        "title": service.title,
        "description": service.description or service.title,
        "stage": service.stage.value,
        "instant": service.instant,
        "safety": service.safety,
        "responsible": service.responsible,
        "promise": {
            name: int(duration.total_seconds())
            for name, duration in service.promise.spans().items()
        },
        "business_hours": service.promise.business_hours,
        "effects": sorted(service.effects),
        "identity": list(service.identity),
        "kinds": sorted(service.kinds),
        "input": _printed(service.input.model_json_schema(mode="validation")),
        "outcome": service.outcome.model_json_schema(mode="serialization"),
        "expectations": {"machines": service.machines_expect, "owners": service.owners_expect},
    }


def terms(told: Mapping[str, Any]) -> dict[str, Any]:
    """What is promised of a described service, and what holds for it, beside its words and
    schemas: for surfaces whose format has no place for each of these.
    """
    return {name: told[name] for name in _TERMS}


def explain(told: Mapping[str, Any]) -> str:
    """All of a described service that an agent has to know before it asks, in words."""
    lines = [told["description"]]
    if expected := told["expectations"]["machines"]:
        lines.append(f"To expect: {expected}")
    if told["kinds"]:
        lines.append(f"For machines of the kind: {', '.join(told['kinds'])}.")
    if told["effects"]:
        lines.append(f"It may {', '.join(told['effects'])}, as far as the owner permits.")
    if told["instant"]:
        lines.append("It is answered at once.")
    else:
        length = told["promise"]["resolution"] / 3600
        hours = f"{'business ' * told['business_hours']}{'hour' if length == 1 else 'hours'}"
        lines.append(
            "It opens a case, or joins the one that is open for the same problem; promised within "
            f"{length:g} {hours}."
        )
    return "\n".join(lines)


def _printed(schema: Any) -> Any:
    """The schema, and that each text in it is `PRINTED`."""
    if isinstance(schema, list):
        return [_printed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: _printed(one) for name, one in schema.items()}
    if schema.get("type") == "string" and not schema.keys() & _BOUND:
        found["pattern"] = PRINTED
    return found
