"""Whether terms can be meant. Pure."""

from collections.abc import Iterator

from thingdesk.mandates.model import MOST_DEPTH, Terms
from thingdesk.platform.errors import FieldError, invalid


def check_terms(terms: Terms) -> None:
    """Raises Refused, with the fields that cannot."""
    fields = list(_problems(terms))
    if fields:
        raise invalid("the mandate cannot be granted", fields)


def _problems(terms: Terms) -> Iterator[FieldError]:
    if not terms.services:
        yield FieldError("services", "is empty", "name services, or * for all")
    for name in ("per_case", "per_period", "approval_above"):
        amount = getattr(terms, name)
        if amount and amount.minor < 0:
            yield FieldError(name, "is negative", "0 or more")
    case, period = terms.per_case, terms.per_period
    if case and period and case.currency != period.currency:
        yield FieldError("per_period", "is in another currency than per_case", "use one currency")
    if terms.cases is not None and terms.cases < 0:
        yield FieldError("cases", "is negative", "0 or more")
    if not 0 <= terms.depth <= MOST_DEPTH:
        yield FieldError("depth", "is out of range", f"0 to {MOST_DEPTH}")
    for name in ("begins", "ends"):
        moment = getattr(terms, name)
        if moment and moment.tzinfo is None:
            yield FieldError(name, "has no zone", "a time with its zone")
    if terms.begins and terms.ends and terms.ends <= terms.begins:
        yield FieldError("ends", "is not after begins", "a later time")
