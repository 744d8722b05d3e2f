"""Reading providers from a JSON-lines file, a line at a time, each for itself.

Keys: `name`, `kinds`, `skills`, `lat`, `lon`, `zone` (`Europe/Berlin`; else UTC), `weekdays`
(`08:00-17:00`, Monday to Friday in that zone; else day and night), `capacity` (jobs at a time; else
1), `email`, `webhook_url`, and `parts`: how many of each are in stock. Needed are `name`, `kinds`,
`lat`, `lon`, and one of `email` and `webhook_url`.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import time
from difflib import get_close_matches
from typing import BinaryIO

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from thingdesk.parties import validate
from thingdesk.parties.model import BadLine, NewProvider, Position, WeeklyHours

_LONGEST_LINE = 64 * 1024


@dataclass(frozen=True, slots=True)
class ProviderLine:
    """A line that can be used; `parts` is the provider's stock, None where nothing is said."""

    line: int
    provider: NewProvider
    parts: Mapping[str, int] | None = field(default=None)


_EXAMPLES = {
    "kinds": 'say what they are, as in ["technician"]',
    "weekdays": "say from when to when, as in 08:00-17:00",
    "parts": 'say how many of each, as in {"fan": 3}',
}


_STAND_INS = {"name": "x", "kinds": ("x",), "lat": 0, "lon": 0}


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    name: str
    kinds: tuple[str, ...] = Field(min_length=1)
    skills: tuple[str, ...] = ()
    lat: float
    lon: float
    zone: str = "UTC"
    weekdays: str | None = Field(default=None, pattern=r"^\d\d:\d\d-\d\d:\d\d$")
    capacity: int = 1
    email: str | None = None
    webhook_url: str | None = None
    parts: dict[str, int] | None = None


def read_providers(file: BinaryIO) -> Iterator[ProviderLine | BadLine]:
    """Each line's provider, or what is wrong with it; empty lines are passed over."""
    number = 0
    while text := file.readline(_LONGEST_LINE):
        number += 1
        if not text.strip():
            continue
        said, wrong, unread = _read(text)
        found = said and ProviderLine(number, _provider(said, wrong, unread), said.parts)
        yield BadLine(number, "; ".join(wrong)) if wrong or not found else found


def _read(text: bytes) -> tuple[_Line | None, list[str], set[str]]:
    """What a line says, with stand-ins for what cannot be read; what is wrong with it, and with
    which of its keys.
    """
    try:
        return _Line.model_validate_json(text), [], set()
    except ValidationError as error:
        wrong = list(_problems(error))
        unread = {str(one["loc"][0]) for one in error.errors() if one["loc"]}
    if not unread:
        return None, wrong, unread
    rest = {key: value for key, value in json.loads(text).items() if key not in unread}
    return _Line.model_validate(_STAND_INS | rest), wrong, unread


def _problems(error: ValidationError) -> Iterator[str]:
    for one in error.errors(include_url=False, include_input=False):
        where = ".".join(map(str, one["loc"]))
        near = get_close_matches(where, _Line.model_fields, n=1)
        if one["type"] == "extra_forbidden":
            mend = (
                f"did you mean {near[0]}?"
                if near
                else f"there are: {', '.join(_Line.model_fields)}"
            )
            yield f"{where}: no such key; {mend}"
        else:
            problem = _EXAMPLES.get(where, one["msg"])
            yield f"{where}: {problem}" if where else problem


def _provider(said: _Line, wrong: list[str], unread: set[str]) -> NewProvider:
    """The provider that is meant; what of it cannot be is added to what is `wrong`."""
    hours = WeeklyHours.always()
    try:
        if said.weekdays:
            hours = WeeklyHours.weekdays(*map(time.fromisoformat, said.weekdays.split("-")))
    except ValueError as error:
        wrong.append(f"weekdays: {error}")
    position = Position(0, 0)
    try:
        position = Position(said.lat, said.lon)
    except ValueError as error:
        wrong.append(str(error))
    new = NewProvider(
        said.name,
        said.kinds,
        said.skills,
        position,
        said.zone,
        hours,
        said.capacity,
        said.webhook_url or None,
        said.email or None,
    )
    # where one of the two addresses cannot be read, none is missing
    known = unread | ({"email"} if "webhook_url" in unread else set())
    unfit = [one for one in validate.provider(new) if one.path not in known]
    wrong += [f"{one.path} {one.problem}: {one.mend}" for one in unfit]
    return new
