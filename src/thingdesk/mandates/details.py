"""A mandate as `authorization_details` (RFC 9396): an object of type `thingdesk_mandate`. Pure."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from thingdesk.mandates.budget import CASES
from thingdesk.mandates.model import MOST_DEPTH, Terms, fits
from thingdesk.parties import MACHINE_ID, Span, WeeklyHours
from thingdesk.platform import formats, moments
from thingdesk.platform.errors import FieldError, Refused, refuse
from thingdesk.platform.money import Money

TYPE = "thingdesk_mandate"
_BUDGETS = ("per_case", "per_period")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MOST = 100
_MOST_CASES = 1_000_000
# a name, or the beginning of one: whether one is within another must be plain to see
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}\*?|\*")
_LONGEST_PROVIDER = 200
_TIME = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])")


@dataclass(frozen=True, slots=True)
class Field:
    """What one field permits: how it is read and mended, and how it is described to others."""

    read: Callable[[Any], Any]
    form: str
    words: str
    example: Any
    mend: str


def as_details(terms: Terms) -> dict[str, Any]:
    """The terms as they are shown to clients; what limits nothing is left out."""
    shown: dict[str, Any] = {"type": TYPE, "services": list(terms.services)}
    for one in fields(Terms)[1:]:
        value = getattr(terms, one.name)
        if value != one.default:
            shown[one.name] = _shown(value)
    return shown


def read_details(details: object) -> Terms:
    """The terms in a list of `authorization_details`, which has one object of our type and nothing
    else. Raises Refused (`bad_mandate`), with all that is wrong.
    """
    if not isinstance(details, Sequence) or isinstance(details, str | bytes) or len(details) != 1:
        raise _bad([FieldError("", "is no list of one object", f"send one of type {TYPE}")])
    given = details[0]
    if not isinstance(given, Mapping) or given.get("type") != TYPE:
        raise _bad([FieldError("0.type", f"is not {TYPE}", f"send one object of type {TYPE}")])
    wrong: list[FieldError] = []
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name == "type":
            continue
        one = FIELDS.get(name)
        if one is None:
            mend = f"leave it out; there are {', '.join(FIELDS)}"
            wrong.append(FieldError(f"0.{formats.field(name)}", "is unknown", mend))
            continue
        try:
            values[name] = one.read(value)
        except (ValueError, TypeError, KeyError) as error:
            wrong.append(FieldError(f"0.{name}", _said(error), one.mend))
    if not wrong and not values.get("services"):
        wrong.append(FieldError("0.services", "is missing", FIELDS["services"].mend))
    wrong += _money_problems(given, values)
    if wrong:
        raise _bad(wrong)
    return Terms(**values)


def check_offered(terms: Terms, offered: Collection[str]) -> None:
    """Raises Refused (`bad_mandate`) where nothing that is `offered` is asked for."""
    if not any(fits(one, terms.services) for one in offered):
        mend = f"name some of {', '.join(sorted(offered))}"
        raise _bad([FieldError("0.services", "names nothing that is offered here", mend)])


def _money_problems(given: Mapping[str, Any], values: Mapping[str, Any]) -> list[FieldError]:
    """One amount without the other would let nothing be spent, and say nothing of it."""
    there = [name for name in _BUDGETS if name in given]
    if len(there) == 1:
        (missing,) = set(_BUDGETS) - set(there)
        problem = f"is missing beside {there[0]}"
        return [FieldError(f"0.{missing}", problem, "send both amounts, or none")]
    case, period = (values.get(name) for name in _BUDGETS)
    if case and period and case.currency != period.currency:
        problem = "is in another currency than per_case"
        return [FieldError("0.per_period", problem, "use one currency")]
    return []


def _said(error: Exception) -> str:
    return str(error) if type(error) is ValueError else "cannot be read"


def _bad(wrong: list[FieldError]) -> Refused:
    words = "; ".join(f"{one.path or 'authorization_details'} {one.problem}" for one in wrong[:10])
    return refuse("bad_mandate", words, fields=tuple(wrong[:_MOST]))


def _shown(value: Any) -> Any:
    if isinstance(value, Money):
        return {"minor": value.minor, "currency": value.currency}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, WeeklyHours):
        return [
            {"day": _DAYS[one.weekday], "opens": _clock(one.opens), "closes": _clock(one.closes)}
            for one in sorted(value.spans)
        ]
    return list(value) if isinstance(value, tuple) else value


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _is_provider(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_PROVIDER and formats.is_line(text)


def _some(
    fits: Callable[[str], object], problem: str = "has a name that is none"
) -> Callable[[Any], tuple[str, ...]]:
    def read(value: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or len(value) > _MOST:
            raise ValueError(f"is no list of at most {_MOST}")
        if not all(isinstance(one, str) and fits(one) for one in value):
            raise ValueError(problem)
        return tuple(dict.fromkeys(value))

    return read


def _money(value: Any) -> Money:
    if not isinstance(value, Mapping) or set(value) != {"minor", "currency"}:
        raise ValueError("is no amount")
    if not isinstance(value["currency"], str) or type(value["minor"]) is not int:
        raise ValueError("is no amount")
    try:
        amount = Money(value["minor"], value["currency"] if value["currency"] != CASES else "")
    except ValueError:  # which says what was sent
        raise ValueError("has no currency of ISO 4217, such as EUR, or too much of it") from None
    if amount.minor < 0:
        raise ValueError("is negative")
    return amount


def _moment(value: Any) -> datetime:
    return moments.read(value if isinstance(value, str) else "")


def _number(most: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if type(value) is not int or not 0 <= value <= most:
            raise ValueError(f"is no whole number of 0 to {most}")
        return int(value)

    return read


def _hours(value: Any) -> WeeklyHours:
    if not isinstance(value, list) or len(value) > _MOST:
        raise ValueError(f"is no list of at most {_MOST}")
    spans = tuple(_span(one) for one in value)
    try:
        return WeeklyHours(spans)
    except ValueError:
        raise ValueError("has spans that overlap") from None


def _span(value: Any) -> Span:
    if not isinstance(value, Mapping) or set(value) != {"day", "opens", "closes"}:
        raise ValueError("has a span without day, opens and closes")
    if value["day"] not in _DAYS:
        raise ValueError(f"has a day that is none of {', '.join(_DAYS)}")
    opens, closes = _minutes(value["opens"]), _minutes(value["closes"])
    try:
        return Span(_DAYS.index(value["day"]), opens, closes)
    except ValueError:
        raise ValueError("has a span that does not open before it closes, by 24:00") from None


def _minutes(value: Any) -> int:
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("has a time that is none")
    return int(found[1]) * 60 + int(found[2])


_NAMES, _AMOUNT, _MOMENT = "list of texts", "object: minor, currency", "text, ISO 8601"
_EUROS = 'such as {"minor": 5000, "currency": "EUR"}, by a code of ISO 4217'
_FIFTY = {"minor": 5000, "currency": "EUR"}
_OPEN = {"day": "monday", "opens": "08:00", "closes": "18:00"}
FIELDS: Mapping[str, Field] = {
    "services": Field(
        _some(_NAME.fullmatch),
        _NAMES,
        "What may be asked for: names of the catalog's services, or the beginning of some with a"
        " `*` at its end. It has to be there.",
        ["vehicle.*", "person.ask"],
        "name services of the catalog, or the beginning of some with a * at its end",
    ),
    "remedies": Field(
        _some(_NAME.fullmatch),
        _NAMES,
        "By which remedies; left out: by all.",
        ["replace_part"],
        "name remedies, or leave it out for all",
    ),
    "machines": Field(
        _some(MACHINE_ID.fullmatch),
        _NAMES,
        "Ids of the owner's machines that it is for; left out: all of them, later ones, too.",
        ["car-1"],
        "ids of machines, or leave it out for all of the owner's",
    ),
    "per_case": Field(
        _money,
        _AMOUNT,
        "What one case may cost the owner unasked, in the currency's smallest unit (cents)."
        " It goes with `per_period`: send both, or none, and no money is spent unasked.",
        _FIFTY,
        _EUROS,
    ),
    "per_period": Field(
        _money,
        _AMOUNT,
        "The same of all cases of a calendar month, in the owner's time zone.",
        {"minor": 9000, "currency": "EUR"},
        _EUROS,
    ),
    "approval_above": Field(
        _money,
        _AMOUNT,
        "What costs more is asked of the owner, also within the budgets.",
        {"minor": 2000, "currency": "EUR"},
        _EUROS,
    ),
    "always_ask": Field(
        _some(_NAME.fullmatch),
        _NAMES,
        "Effects or services before which the owner is asked, whatever they cost.",
        ["book"],
        "name effects or services",
    ),
    "begins": Field(
        _moment,
        _MOMENT,
        "From when on; left out: at once.",
        "2026-11-24T14:05Z",
        moments.MEND,
    ),
    "ends": Field(
        _moment,
        _MOMENT,
        "Until when; left out: until the owner says stop.",
        "2027-11-24T14:05Z",
        moments.MEND,
    ),
    "cases": Field(
        _number(_MOST_CASES),
        "whole number",
        "How many cases in a calendar month, in the owner's time zone; left out: any number.",
        10,
        "how many in a month",
    ),
    "providers": Field(
        _some(_is_provider, "has a name that is no line of characters that are seen"),
        _NAMES,
        "Names or ids of the providers that may be sent unasked; left out: any.",
        ["Centre North"],
        f"names or ids of providers, each one line of {_LONGEST_PROVIDER} characters at most, or"
        " leave it out for all",
    ),
    "times": Field(
        _hours,
        "list of objects: day, opens, closes",
        "When in the week, in the owner's time zone; left out: at any time.",
        [_OPEN],
        'spans such as {"day": "monday", "opens": "08:00", "closes": "18:00"}, days in English,'
        " none over another",
    ),
    "depth": Field(
        _number(MOST_DEPTH),
        "whole number",
        f"How often it may be passed on, {MOST_DEPTH} at most; left out: never.",
        1,
        "how often it may be passed on",
    ),
}
"""What a mandate can have beside its type."""
