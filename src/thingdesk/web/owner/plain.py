"""A mandate in plain words. Pure."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase

from thingdesk.catalog import Catalog, Service
from thingdesk.mandates import Mandate, Terms
from thingdesk.parties import WeeklyHours
from thingdesk.platform import formats
from thingdesk.platform.money import Money
from thingdesk.web.words.hours import hours_words

ALL = "*"
Facts = tuple[tuple[str, tuple[str, ...]], ...]
"""Names, each with what is said of it."""
_EFFECTS = {
    "reserve_part": "setting a part aside",
    "book": "booking an appointment",
    "dispatch": "sending somebody at once",
    "command": "telling a machine to do something",
}


class Standing(StrEnum):
    """Whether a mandate permits anything now."""

    NONE = "none"
    HOLDS = "holds"
    STOPPED = "stopped"
    ENDED = "ended"
    TO_COME = "to come"


@dataclass(frozen=True, slots=True)
class Plain:
    """What terms permit: `services` are titles of those that do something for which a mandate is
    needed, `asks` of the others; `always` and `remedies` words, `machines` ids.

    `everything`: also what is offered later. `machines` None: all, also later ones; `others` are
    named ones that are not the owner's any more. `remedies` None: all.
    """

    everything: bool
    services: tuple[str, ...]
    remedies: tuple[str, ...] | None
    machines: tuple[str, ...] | None
    others: int
    per_case: Money | None
    per_period: Money | None
    always: tuple[str, ...]
    begins: datetime | None
    ends: datetime | None
    cases: int | None = None
    above: Money | None = None
    providers: tuple[str, ...] | None = None
    times: WeeklyHours | None = None
    depth: int = 0
    asks: tuple[str, ...] = ()

    @property
    def for_what(self) -> tuple[str, ...]:
        """All that may be asked for, what needs a mandate first."""
        if self.everything:
            return ("everything that is offered, also what is offered later",)
        if not self.asks:
            return self.services or ("nothing offered now",)
        ask = f"to ask for: {formats.listed(self.asks)}"
        return (*self.services, f"and {ask}" if self.services else ask)


def standing(mandate: Mandate | None, now: datetime) -> Standing:
    if mandate is None:
        return Standing.NONE
    if mandate.revoked_at:
        return Standing.STOPPED
    if mandate.terms.ends and now >= mandate.terms.ends:
        return Standing.ENDED
    if mandate.terms.begins and now < mandate.terms.begins:
        return Standing.TO_COME
    return Standing.HOLDS


def plain(terms: Terms, catalog: Catalog, owned: Collection[str]) -> Plain:
    named = terms.machines
    theirs = None if named is None else tuple(one for one in named if one in owned)
    known = {*effects_of(catalog), *(one.name for one in catalog)}

    def words(name: str) -> str:
        # a name that nobody here gave is whoever's who asks: its points would be blanks
        return effect_words(name) if name in known else formats.named(name)

    return Plain(
        ALL in terms.services,
        tuple(one.title for one in askable(catalog) if _is_in(one, terms)),
        None if ALL in terms.remedies else tuple(map(words, terms.remedies)),
        theirs,
        len(named or ()) - len(theirs or ()),
        terms.per_case,
        terms.per_period,
        tuple(map(words, terms.always_ask)),
        terms.begins,
        terms.ends,
        terms.cases,
        terms.approval_above,
        terms.providers and tuple(map(formats.named, terms.providers)),
        terms.times,
        terms.depth,
        tuple(sorted(one.title for one in catalog if not one.effects and _is_in(one, terms))),
    )


def facts(plain: Plain, zone: str, now: datetime) -> Facts:
    """What a mandate says, as its owner reads it on pages and in mails; times in `zone`."""
    return tuple(_facts(plain, zone, now))


def _facts(plain: Plain, zone: str, now: datetime) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield "For", plain.for_what
    if plain.remedies is not None:
        yield "Only by", (formats.listed(plain.remedies) or "nothing",)
    yield "Money", (_money(plain),)
    if plain.cases is not None:
        yield "Cases", (f"{plain.cases or 'none'} in a calendar month",)
    yield "Machines", (_machines(plain),)
    if plain.providers is not None:
        yield "Only with", plain.providers or ("nobody",)
    if plain.times is not None:
        yield "Times", (f"{hours_words(plain.times)}; else you are asked",)
    yield "Asks before", (formats.listed(_asks(plain)) or "whatever is beyond this",)
    if plain.depth:
        times = "once" if plain.depth == 1 else f"{plain.depth} times, one to the next"
        yield "Passes on", (f"this or less of it to others, {times}",)
    if plain.begins and plain.begins > now:
        yield "Begins", (formats.moment(plain.begins, zone),)
    yield "Ends", (formats.moment(plain.ends, zone) if plain.ends else "when you say stop",)


def _asks(plain: Plain) -> list[str]:
    above = [f"whatever costs more than {plain.above}"] if plain.above else []
    return [*plain.always, *above]


def _money(plain: Plain) -> str:
    case = f"up to {plain.per_case} for one case" if plain.per_case else ""
    month = f"{plain.per_period} in a calendar month" if plain.per_period else ""
    if case and month:
        return f"{case}, and {month}, without asking"
    if not case and not month:
        return "nothing that costs you money, without asking"
    # one without the other, as it could be granted once: the other is nothing
    missing = "in a calendar month" if case else "for one case"
    return f"{case or f'up to {month}'}, but nothing {missing}: so you are asked each time"


def _machines(plain: Plain) -> str:
    if plain.machines is None:
        return "all of yours, also later ones"
    others = f"{plain.others} that {'is' if plain.others == 1 else 'are'} not yours any more"
    return formats.listed([*plain.machines, *([others] if plain.others else [])])


def askable(catalog: Catalog) -> list[Service]:
    """The services that do something for which a mandate is needed, by title."""
    return sorted((one for one in catalog if one.effects), key=lambda one: one.title)


def _is_in(service: Service, terms: Terms) -> bool:
    return fits(service.name, terms.services)


def effects_of(catalog: Catalog) -> list[str]:
    """The effects that services of the desk have."""
    return sorted({effect for one in catalog for effect in one.effects})


def effect_words(name: str) -> str:
    return _EFFECTS.get(name, formats.plain(name))


def fits(name: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns names it."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)
