"""Forms of the console: read with bounds, and shown again with what is wrong in its place."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, TypeVar
from urllib.parse import parse_qsl

from fastapi import Depends, Request

from thingdesk.platform import formats, moments
from thingdesk.platform.errors import FieldError, Recovery, Refusal, Refused, refuse
from thingdesk.platform.money import Money
from thingdesk.web.guard import LONGEST_FORM
from thingdesk.web.staff.session import Person

_MOST_FIELDS = 100
_NAME = re.compile(r"[A-Za-z0-9_.*?\[\]!-]{1,64}")
_MOST_NAMES = 50
One = TypeVar("One", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Given:
    """What a form sent, as it came."""

    values: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def all(self, name: str) -> Sequence[str]:
        return self.values.get(name, ())

    def one(self, name: str) -> str:
        """The text of a field; an empty one for none."""
        found = self.all(name)
        return found[-1] if found else ""


@dataclass(frozen=True, slots=True)
class Tried:
    """A form of a page that was refused: what was given, and why not. Without a name: none was."""

    form: str = ""
    given: Given = field(default_factory=Given)
    refusal: Refusal | None = None

    def of(self, form: str) -> "Tried":
        """What is to be shown in this form of the page."""
        return self if self.form == form else Tried()

    def value(self, name: str, known: str = "") -> str:
        return self.given.one(name) if self.form else known

    def has(self, name: str, value: str, known: Sequence[str] = ()) -> bool:
        """Whether a box or an option is chosen."""
        return value in (self.given.all(name) if self.form else known)

    def wrong(self, name: str) -> str | None:
        """What is wrong with a field, and how to mend it."""
        found = [one for one in (self.refusal.fields if self.refusal else ()) if one.path == name]
        return (
            f"{found[0].problem[:1].upper()}{found[0].problem[1:]}: {found[0].mend}."
            if found
            else None
        )


def not_right(fields: Sequence[FieldError]) -> Refused:
    """The form is shown again; `fields` says what is wrong in its place."""
    return refuse("invalid_input", "Something is not right yet.", fields=tuple(fields))


class Reader:
    """Takes the values of a form one by one, and gathers what is wrong with them."""

    def __init__(self, given: Given) -> None:
        self.given = given
        self._wrong: list[FieldError] = []

    def line(self, name: str, most: int = 128, *, required: bool = False) -> str:
        """Words in one line, without what cannot be seen."""
        text = formats.line(self.given.one(name))
        if required and not text:
            self.wrong(name, "is missing", "give it a value")
        elif len(text) > most:
            self.wrong(name, "is too long", f"{most} characters at most")
        return text[:most]

    def text(self, name: str, most: int) -> str:
        """Words in many lines."""
        text = self.given.one(name).replace("\0", "").strip()
        if len(text) > most:
            self.wrong(name, "is too long", f"{most} characters at most")
        return text[:most]

    def names(self, name: str) -> tuple[str, ...]:
        """Names or patterns, with blanks or commas between them; each once, in their order."""
        found = tuple(dict.fromkeys(self.given.one(name).replace(",", " ").split()))
        bad = [one for one in found if not _NAME.fullmatch(one)]
        if bad or len(found) > _MOST_NAMES:
            mend = f"names or patterns such as vehicle.*, {_MOST_NAMES} at most"
            self.wrong(name, "has what is no name" if bad else "has too many names", mend)
        return found

    def choice(self, name: str, kind: type[One], default: One) -> One:
        try:
            return kind(self.given.one(name) or default)
        except ValueError:
            self.wrong(name, "is none of the choices", "choose one of them")
            return default

    def choices(self, name: str, kind: type[One]) -> frozenset[One]:
        """All the boxes that are ticked."""
        try:
            return frozenset(kind(one) for one in self.given.all(name))
        except ValueError:
            self.wrong(name, "has what is none of the choices", "choose among them")
            return frozenset()

    def ticked(self, name: str, mend: str) -> None:
        """A box that has to be ticked."""
        if not self.given.one(name):
            self.wrong(name, "is not ticked", mend)

    def moment(self, name: str) -> datetime | None:
        """A time in UTC, to the minute; None where nothing was given."""
        text = self.given.one(name).strip()
        if not text:
            return None
        try:
            return moments.read(text, UTC)
        except ValueError as error:
            self.wrong(name, str(error), moments.MEND)
            return None

    def number(self, name: str, most: int) -> int:
        """A whole number from 0 to `most`."""
        text = self.given.one(name).strip()
        if not (text.isascii() and text.isdecimal()) or len(text) > len(str(most)):
            self.wrong(name, "does not fit", f"write a whole number from 0 to {most}")
            return 0
        if int(text) > most:
            self.wrong(name, "is too many", f"write a whole number from 0 to {most}")
        return int(text)

    def money(self, name: str) -> Money | None:
        """An amount, with its currency in `NAME_currency`; None where none was given."""
        amount, currency = self.given.one(name), self.given.one(f"{name}_currency")
        if not amount.strip():
            return None
        try:
            return Money.read(amount, currency.strip().upper())
        except ValueError:
            self.wrong(name, "is no amount of money", "such as 250.00, and a currency such as EUR")
            return None

    def wrong(self, name: str, problem: str, mend: str) -> None:
        self._wrong.append(FieldError(name, problem, mend))

    def check(self) -> None:
        """Raises Refused when anything was wrong."""
        if self._wrong:
            raise not_right(self._wrong)


async def _given(request: Request, _: Person) -> Given:
    # only whoever is logged in gets anything read
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_FORM:
            raise refuse("unfit_request", "The form is too long.", Recovery.FIX_INPUT)
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise refuse("unfit_request", "The form cannot be read.", Recovery.FIX_INPUT) from error
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return Given(values)


Sent = Annotated[Given, Depends(_given)]
