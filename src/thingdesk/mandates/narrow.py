"""What is passed on can only be narrower. Pure."""

from collections.abc import Iterator
from dataclasses import replace

from thingdesk.mandates.model import EVERYTHING, Terms, fits
from thingdesk.parties import WeeklyHours
from thingdesk.platform.errors import FieldError, refuse
from thingdesk.platform.money import Money

_WILD = "*?["
_MEND = "ask for no more than the mandate permits"


def narrow(parent: Terms, asked: Terms) -> Terms:
    """What `asked` leaves of `parent` for another machine: what it does not limit is limited as
    there, and what is always asked for there stays so. Raises Refused where it asks for more.
    """
    wider = [FieldError(name, problem, _MEND) for name, problem in _wider(parent, asked)]
    if wider:
        words = "; ".join(f"{one.path} {one.problem}" for one in wider)
        raise refuse(
            "mandate_wider", f"a mandate can only be narrowed: {words}", fields=tuple(wider)
        )
    return replace(
        asked,
        remedies=parent.remedies if asked.remedies == EVERYTHING else asked.remedies,
        machines=parent.machines if asked.machines is None else asked.machines,
        providers=parent.providers if asked.providers is None else asked.providers,
        always_ask=tuple(dict.fromkeys((*parent.always_ask, *asked.always_ask))),
        begins=asked.begins or parent.begins,
        ends=asked.ends or parent.ends,
        cases=parent.cases if asked.cases is None else asked.cases,
        approval_above=asked.approval_above or parent.approval_above,
        times=asked.times or parent.times,
    )


def _wider(parent: Terms, asked: Terms) -> Iterator[tuple[str, str]]:
    yield from _wider_names(parent, asked)
    for name in ("per_case", "per_period"):
        if _is_more(getattr(asked, name), getattr(parent, name)):
            yield name, "is more than is permitted"
    above, limit = asked.approval_above, parent.approval_above
    if above and limit and _is_more(above, limit):
        yield "approval_above", "is more than is permitted"
    if asked.cases is not None and parent.cases is not None and asked.cases > parent.cases:
        yield "cases", "is more than is permitted"
    if parent.depth == 0:
        yield "depth", "is 0: it cannot be passed on"
    elif asked.depth >= parent.depth:
        yield "depth", "is more than is left"
    if asked.times and parent.times and not _is_within(asked.times, parent.times):
        yield "times", "are not all permitted"
    yield from _wider_period(parent, asked)


def _wider_names(parent: Terms, asked: Terms) -> Iterator[tuple[str, str]]:
    if not _all_in(asked.services, parent.services):
        yield "services", "are not all permitted"
    if asked.remedies != EVERYTHING and not _all_in(asked.remedies, parent.remedies):
        yield "remedies", "are not all permitted"
    for name in ("machines", "providers"):
        some: tuple[str, ...] | None = getattr(asked, name)
        permitted: tuple[str, ...] | None = getattr(parent, name)
        if some is not None and permitted is not None and not set(some) <= set(permitted):
            yield name, "are not all permitted"


def _wider_period(parent: Terms, asked: Terms) -> Iterator[tuple[str, str]]:
    begins, ends = parent.begins, parent.ends
    if asked.begins and begins and asked.begins < begins:
        yield "begins", "is before what is permitted begins"
    if asked.ends and ends and asked.ends > ends:
        yield "ends", "is after what is permitted ends"
    first, last = asked.begins or begins, asked.ends or ends
    if first and last and last <= first:
        yield "ends", "leaves no time"


def _all_in(asked: tuple[str, ...], permitted: tuple[str, ...]) -> bool:
    return all(any(_is_in(one, pattern) for pattern in permitted) for one in asked)


def _is_in(asked: str, pattern: str) -> bool:
    """Whether whatever fits `asked` fits `pattern`; in doubt it does not."""
    if pattern in (asked, "*"):
        return True
    if not _is_wild(asked):
        return fits(asked, (pattern,))
    start = pattern[:-1]
    return pattern.endswith("*") and not _is_wild(start) and _plain_start(asked).startswith(start)


def _is_wild(text: str) -> bool:
    return any(sign in text for sign in _WILD)


def _plain_start(pattern: str) -> str:
    return pattern[: min(place for sign in _WILD if (place := pattern.find(sign)) >= 0)]


def _is_more(asked: Money | None, limit: Money | None) -> bool:
    if asked is None:
        return False
    return limit is None or asked.currency != limit.currency or asked.minor > limit.minor


def _is_within(asked: WeeklyHours, permitted: WeeklyHours) -> bool:
    """Whether each span lies within one of the others, or of those that touch each other."""
    return all(
        any(
            day == one.weekday and opens <= one.opens and one.closes <= closes
            for day, opens, closes in _joined(permitted)
        )
        for one in asked.spans
    )


def _joined(hours: WeeklyHours) -> list[tuple[int, int, int]]:
    joined: list[tuple[int, int, int]] = []
    for one in sorted(hours.spans):
        if joined and joined[-1][0] == one.weekday and joined[-1][2] == one.opens:
            joined[-1] = (one.weekday, joined[-1][1], one.closes)
        else:
            joined.append((one.weekday, one.opens, one.closes))
    return joined
