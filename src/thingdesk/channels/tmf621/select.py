"""Which of many, in which order, and which of their attributes: TMF630, REST API Design Guidelines
v5, of which the equality of attributes is understood.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from thingdesk.channels.tmf621.characteristics import Made
from thingdesk.platform import formats
from thingdesk.platform.errors import Refused, refuse

MOST = 100
_FURTHEST = 1000
_ALWAYS = ("@type", "id", "href")
_FILTER = re.compile(r"^\$?\.?(?:\w*)\[\?\((.*)\)\]$")
_TERM = re.compile(r"^\s*@\.([\w.]+)\s*==\s*(?:'([^']*)'|\"([^\"]*)\")\s*$")


@dataclass(frozen=True, slots=True)
class Asked:
    """The parameters of a list: those that have a name of their own, and the others, which are
    filters, `status=pending` or `externalIdentifier.id=T-77`.
    """

    named: Mapping[str, str]
    filters: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is asked for: `most` of those with these attributes, after the first `skip`."""

    skip: int
    most: int
    equal: Sequence[tuple[str, frozenset[str]]]
    fields: str | None

    def fits(self, one: Made) -> bool:
        return all(not values.isdisjoint(_at(one, name)) for name, values in self.equal)

    def shown(self, found: Iterable[Made]) -> list[Made]:
        return [fields_of(one, self.fields) for one in found]


def wanted(
    asked: Asked,
    sorts: tuple[str, ...],
    known: frozenset[str],
    values: Mapping[str, frozenset[str]] = MappingProxyType({}),
) -> Wanted:
    """What these parameters ask for, by the attributes that are `known`, of which some have only
    these `values`. Raises Refused for what is not understood.
    """
    given = asked.named
    if given.get("before"):
        raise _not_understood("before", "go on by `after`")
    sort = given.get("sort")
    if sort and sort not in sorts:
        raise _not_understood("sort", f"sort by one of {', '.join(sorts)}")
    skip = max(0, int(given.get("offset") or 0))
    if skip > _FURTHEST:
        raise _not_understood("offset", f"an offset is {_FURTHEST} at most: filter first")
    most = given.get("limit")
    equal = _known([*_plain(asked.filters), *_equal(given.get("filter"))], known)
    for name, asked_for in equal:
        if name in values and (unknown := asked_for - values[name]):
            mend = f"it is one of {', '.join(sorted(values[name]))}"
            raise _not_understood(f"{name} {formats.quoted(min(unknown)[:64])}", mend)
    return Wanted(
        skip,
        MOST if most is None else max(0, min(int(most), MOST)),
        equal,
        given.get("fields"),
    )


def fields_of(one: Made, fields: str | None) -> Made:
    """Of a resource the attributes that were asked for, and those by which it is known."""
    if not fields:
        return one
    names = {*_ALWAYS, *(name.strip() for name in fields.split(","))}
    return {name: value for name, value in one.items() if name in names}


def _known(
    equal: list[tuple[str, frozenset[str]]], known: frozenset[str]
) -> list[tuple[str, frozenset[str]]]:
    # TMF630 leaves the reference out; what it refers to is what has the id
    full = [
        (name if name != "relatedEntity.id" else "relatedEntity.entity.id", values)
        for name, values in equal
    ]
    for name, _ in full:
        if name not in known:
            mend = f"filter by equality of {', '.join(sorted(known))}"
            raise _not_understood(f"filter by {formats.quoted(name[:64])}", mend)
    return full


def _plain(given: Iterable[tuple[str, str]]) -> list[tuple[str, frozenset[str]]]:
    """As parameters; several values of one, by comma, are each good."""
    return [(name, frozenset(value.split(","))) for name, value in given]


def _at(one: Any, path: str) -> set[str]:
    """All that stands at this path, in lists, too."""
    if isinstance(one, list):
        return {found for each in one for found in _at(each, path)}
    if not path:
        return {str(one)}
    name, _, rest = path.partition(".")
    return _at(one[name], rest) if isinstance(one, dict) and name in one else set()


def _equal(given: str | None) -> list[tuple[str, frozenset[str]]]:
    if not given:
        return []
    inside = _FILTER.match(given)
    terms = [_TERM.match(one) for one in inside[1].split("&&")] if inside else [None]
    if None in terms:
        mend = "filter by equality, such as $[?(@.status=='inProgress')]"
        raise _not_understood("filter", mend)
    return [(one[1], frozenset({one[2] if one[2] is not None else one[3]})) for one in terms if one]


def _not_understood(name: str, mend: str) -> Refused:
    return refuse("not_supported", f"this {name} is not understood: {mend}")
