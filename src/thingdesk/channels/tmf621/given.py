"""What callers send, held against what TMF621 says of it."""

from typing import Annotated, Any, Literal, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request

from thingdesk.calling import body
from thingdesk.hooks import MOST_URL, SECRET
from thingdesk.platform import formats
from thingdesk.platform.errors import FieldError, refuse

_MEND = "see the description of TMF621 v5"
Status = Literal[
    "acknowledged",
    "rejected",
    "pending",
    "held",
    "inProgress",
    "cancelled",
    "closed",
    "resolved",
]


# RFC 3339
_MOMENT = r"^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$"
Moment = Annotated[str, Field(pattern=_MOMENT)]
_KEPT = (
    "name",
    "description",
    "severity",
    "priority",
    "externals",
    "note",
    "requested",
)

# the end of a line is one, and what no text can hold is refused
_AS_IS = "\n\0"
_PARTS = ("@type", "id", "externalIdentifierType", "owner", "text", "author", "date")


class _Extensible(BaseModel):
    """What anything of TM Forum is: it names its type, and may have more than is asked for."""

    model_config = ConfigDict(extra="allow", strict=True, populate_by_name=True)

    type_: str = Field(alias="@type")
    base_type: str = Field("", alias="@baseType")
    schema_location: str = Field("", alias="@schemaLocation")


class Characteristic(_Extensible):
    """A field of the service's input."""

    name: str | None = None
    value: Any = None


class Reference(_Extensible):
    """Something by its id: a machine, or a specification."""

    id: str


class Related(_Extensible):
    """A machine that the ticket is about: the one with the role `subject`, else the first."""

    role: str | None = None
    entity: Reference


class External(_Extensible):
    """The ticket's id in the caller's own system: the same id again is the same ticket."""

    id: str | None = None


class Attached(_Extensible):
    """A document beside a ticket: only its form is looked at."""

    name: str = ""
    description: str = ""
    url: str = ""
    content: str = ""
    kind: str = Field("", alias="attachmentType")
    mime: str = Field("", alias="mimeType")


class NewTicket(_Extensible):
    """A ticket to be made. The service is that of the specification, else the type of ticket."""

    description: str
    severity: str
    ticket_type: str = Field(alias="ticketType")
    status: Status | None = None
    specification: Reference | None = Field(None, alias="troubleTicketSpecification")
    characteristics: list[Characteristic] = Field(
        default_factory=list, alias="troubleTicketCharacteristic", max_length=200
    )
    entities: list[Related] = Field(default_factory=list, alias="relatedEntity", max_length=50)
    externals: list[External] = Field(
        default_factory=list, alias="externalIdentifier", max_length=50
    )
    # what the desk does not go by: its form is held against TMF621, and some of it is kept
    name: str = ""
    priority: str = ""
    reason: str = Field("", alias="statusChangeReason")
    requested: Moment = Field("", alias="requestedResolutionDate")
    expected: Moment = Field("", alias="expectedResolutionDate")
    resolved: Moment = Field("", alias="resolutionDate")
    changed: Moment = Field("", alias="statusChangeDate")
    channel: Reference | None = None
    attachment: list[Attached] = Field(default_factory=list)
    note: list[_Extensible] = Field(default_factory=list)
    parties: list[_Extensible] = Field(default_factory=list, alias="relatedParty")
    others: list[_Extensible] = Field(default_factory=list, alias="troubleTicketRelationship")

    @property
    def service(self) -> str:
        return self.specification.id if self.specification else self.ticket_type

    @property
    def subject(self) -> str | None:
        named = self.entities
        found = next((one for one in named if one.role == "subject"), named[0] if named else None)
        return found.entity.id if found else None

    @property
    def input(self) -> dict[str, Any]:
        return {one.name: one.value for one in self.characteristics if one.name}

    @property
    def said(self) -> dict[str, Any]:
        """What is kept as it came, and told again: nothing of it changes what is done."""
        said = self.model_dump(mode="json", by_alias=True, include=set(_KEPT), exclude_unset=True)
        return {name: _texts(one) for name, one in said.items()}


def _texts(one: Any) -> Any:
    """Of what has parts the texts that TM Forum names: anybody may add what they like. What cannot
    be printed is a blank.
    """
    if isinstance(one, str):
        return "".join(
            letter if letter.isprintable() or letter in _AS_IS else " " for letter in one
        )
    parts = one if isinstance(one, list) else []
    named = [{name: part.get(name) for name in _PARTS} for part in parts]
    return [
        {name: _texts(text) for name, text in part.items() if isinstance(text, str)}
        for part in named
    ]


class NewHub(_Extensible):
    """A listener. Its query names the events that it wants: `eventType=A,B`; without it, all."""

    callback: str = Field(max_length=MOST_URL)
    query: str | None = Field(None, max_length=2000)
    secret: str | None = Field(None, pattern=SECRET)


class NewSpecification(_Extensible):
    """A specification, which is never taken: the catalog is made of packs."""

    name: str


Shape = TypeVar("Shape", bound=BaseModel)


async def as_a(shape: type[Shape], request: Request) -> Shape:
    """The body in its `shape`. Raises Refused, field by field."""
    try:
        return shape.model_validate_json(await body.read(request))
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)[:20]
        fields = tuple(
            FieldError(".".join(map(formats.field, one["loc"])), one["msg"], _MEND) for one in found
        )
        words = "; ".join(f"{one.path}: {one.problem}" for one in fields[:3])
        raise refuse("unfit_request", words, fields=fields) from None


async def changes(request: Request) -> dict[str, Any]:
    """What a PATCH changes, in whichever of its forms: a merge patch (RFC 7396), or the operations
    of a JSON patch (RFC 6902) that replace. Raises Refused.
    """
    try:
        given = orjson.loads(await body.read(request))
    except orjson.JSONDecodeError as error:
        raise refuse("broken_json", f"the body is no JSON: {str(error)[:120]}") from None
    said = request.headers.get("content-type", "")
    if isinstance(given, dict) and _names_its_type(given) and "json-p" not in said:
        return {name: value for name, value in given.items() if not name.startswith("@")}
    operations: list[Any] = given if isinstance(given, list) and "merge" not in said else [None]
    if not all(isinstance(one, dict) for one in operations):
        words = "send a merge patch with its @type, or the operations of a JSON patch"
        raise refuse("unfit_request", words)
    found = {}
    for one in operations:
        name = str(one.get("path", "")).removeprefix("/")
        found[name if one.get("op") == "replace" else f"{one.get('op')} {name}"] = one.get("value")
    return found


def _names_its_type(given: dict[str, Any]) -> bool:
    beside = (given.get("@baseType", ""), given.get("@schemaLocation", ""))
    return all(isinstance(one, str) for one in (given.get("@type"), *beside))
