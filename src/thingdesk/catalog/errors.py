from collections.abc import Iterable

from pydantic import ValidationError

from thingdesk.platform import formats
from thingdesk.platform.errors import FieldError, Refused, refuse

_MENDS = {
    "missing": "add the field",
    "extra_forbidden": "leave the field out; the schema is in the catalog",
    "finite_number": "send a finite number",
    "enum": "send one of the listed values",
    "literal_error": "send one of the listed values",
}
_MOST_FIELDS = 20


def unknown_service(name: str, known: Iterable[str]) -> Refused:
    """Nobody offers `name`."""
    offered = ", ".join(sorted(known))
    return refuse(
        "unknown_service",
        f"no service is called {formats.quoted(name[:80])}; offered are: {offered}",
        fields=(FieldError("data.service", "unknown", "choose one of GET /v1/catalog"),),
    )


def unfit_input(service: str, error: ValidationError) -> Refused:
    """The input does not fit the service's schema: what is wrong, field by field."""
    fields = tuple(
        FieldError(
            ".".join(("data.input", *map(formats.field, one["loc"]))),
            one["msg"],
            _MENDS.get(one["type"], "send what the schema asks for"),
        )
        for one in error.errors(include_url=False, include_input=False)[:_MOST_FIELDS]
    )
    words = "; ".join(f"{field.path}: {field.problem}" for field in fields[:3])
    return refuse("unfit_input", f"the input does not fit {service}: {words}", fields=fields)
