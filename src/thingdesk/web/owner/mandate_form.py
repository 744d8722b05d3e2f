"""The form of a mandate: what an owner wrote, what is wrong with it, and the terms it comes to."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field

from thingdesk.catalog import Catalog, Service
from thingdesk.mandates import Mandate, Terms
from thingdesk.platform.money import Money
from thingdesk.web.owner.ownerships import Ownerships
from thingdesk.web.owner.plain import ALL, askable, effects_of, fits

_LAST = date(2200, 1, 1)
Name = Annotated[str, Field(max_length=128)]
Names = Annotated[list[Name], Field(max_length=200)]


class MandateForm(BaseModel):
    """What comes from the form. `seen` is the `standing` of the mandate that it was filled beside,
    empty for none.
    """

    services: Names = []
    machines: Names = []
    always: Names = []
    per_case: str = Field(default="", max_length=32)
    per_period: str = Field(default="", max_length=32)
    ends: str = Field(default="", max_length=10)
    seen: str = Field(default="", max_length=32)
    act: Literal["look", "change", "grant"] = "look"


@dataclass(frozen=True, slots=True)
class Frame:
    """What a form can offer: services and machines of this owner, and the currency. What the form
    does not show of `before` stays as it is. `within` is what somebody asks for: no more is
    offered. `itself` is the machine that asks for it, and which is theirs with their yes.
    """

    owned: Ownerships
    catalog: Catalog
    kinds: frozenset[str]
    before: Mandate | None
    currency: str
    within: Terms | None = None
    itself: str | None = None

    @property
    def theirs(self) -> list[str]:
        """The owner's machines, and first the one that asks."""
        return [*dict.fromkeys([*([self.itself] if self.itself else []), *self.owned.since])]

    @property
    def services(self) -> list[Service]:
        """Those for this owner's kinds of machine, and what the mandate before names; all, where
        no machine is theirs.
        """
        if self.within:
            asked = self.within.services
            return sorted(
                (one for one in self.catalog if fits(one.name, asked)), key=lambda one: one.title
            )
        named = self.before.terms.services if self.before else ()
        return [
            one
            for one in askable(self.catalog)
            if not self.kinds
            or any(map(one.is_for, self.kinds))
            or (ALL not in named and fits(one.name, named))
        ]

    @property
    def machines(self) -> list[str]:
        """The machines to choose from; none where there is nothing to choose, or too many."""
        asked = self.within.machines if self.within else None
        found = [one for one in self.theirs if asked is None or one in asked]
        # to be limited to itself is less than all, also where it is their first
        least = 1 if self.itself and asked is None else 2
        return found if least <= len(found) <= _MOST_MACHINES else []

    @property
    def kept_always(self) -> list[str]:
        """What is always asked for and is no effect of a service here."""
        before = self.before.terms.always_ask if self.before else ()
        effects = effects_of(self.catalog)
        return [one for one in before if not any(fits(effect, [one]) for effect in effects)]


_MOST_MACHINES = 24
_BOTH = "You ticked all, and some by name. Untick the first line for those alone, or the others."


def make_frame(
    owned: Ownerships,
    catalog: Catalog,
    kinds: frozenset[str],
    before: Mandate | None,
    currency: str,
) -> Frame:
    """With the currency of the mandate before, where that has one."""
    terms = before.terms if before else None
    money = terms and (terms.per_case or terms.per_period)
    return Frame(owned, catalog, kinds, before, money.currency if money else currency)


def form_of(frame: Frame, now: datetime) -> MandateForm:
    """The form as it is first shown: the mandate before, or nothing chosen."""
    before = frame.before
    if before is None:
        return MandateForm(machines=[ALL])
    terms = before.terms
    ends = terms.ends if terms.ends and terms.ends > now else None
    zone = ZoneInfo(frame.owned.owner.zone)
    return MandateForm(
        services=[ALL]
        if ALL in terms.services
        else [one.name for one in frame.services if fits(one.name, terms.services)],
        machines=[ALL] if terms.machines is None else list(terms.machines),
        always=[one for one in effects_of(frame.catalog) if fits(one, terms.always_ask)],
        per_case=terms.per_case.written if terms.per_case else "",
        per_period=terms.per_period.written if terms.per_period else "",
        ends=str((ends - timedelta(microseconds=1)).astimezone(zone).date()) if ends else "",
        seen=before.standing,
    )


def read(given: MandateForm, frame: Frame, now: datetime) -> tuple[Terms | None, Mapping[str, str]]:
    """The terms, or what is wrong, field by field."""
    wrong: dict[str, str] = {}
    per_case, per_period = _money(given, frame.currency, wrong)
    ends = _ends(given.ends, frame.owned.owner.zone, now, wrong)
    services = _services(given, frame, wrong)
    machines = _machines(given, frame, wrong)
    if wrong:
        return None, wrong
    before = frame.before.terms if frame.before else Terms(())
    # what the form does not ask stays as it is
    terms = replace(
        before,
        services=services,
        machines=machines,
        per_case=per_case,
        per_period=per_period,
        always_ask=_always(given, frame),
        begins=_begins(frame, now),
        ends=ends,
    )
    return terms, wrong


def _services(given: MandateForm, frame: Frame, wrong: dict[str, str]) -> tuple[str, ...]:
    if ALL in given.services:
        if len(given.services) > 1:
            wrong["services"] = _BOTH
        return (ALL,)
    offered = tuple(one.name for one in frame.services if one.name in given.services)
    if not offered:
        wrong["services"] = "Choose at least one. To permit nothing at all, say stop instead."
    return offered


def _machines(given: MandateForm, frame: Frame, wrong: dict[str, str]) -> tuple[str, ...] | None:
    if not frame.machines:
        return _kept_machines(frame)
    if ALL in given.machines:
        if len(given.machines) > 1:
            wrong["machines"] = _BOTH
        return None
    chosen = tuple(one for one in frame.machines if one in given.machines)
    if not chosen:
        wrong["machines"] = "Choose at least one of your machines."
    return chosen


def _kept_machines(frame: Frame) -> tuple[str, ...] | None:
    """What the form did not ask stays, but for machines that are not theirs any more."""
    named = frame.before.terms.machines if frame.before else None
    if named is None:
        return None
    return tuple(one for one in named if one in frame.theirs) or None


def _always(given: MandateForm, frame: Frame) -> tuple[str, ...]:
    chosen = [one for one in effects_of(frame.catalog) if one in given.always]
    return (*chosen, *frame.kept_always)


def _begins(frame: Frame, now: datetime) -> datetime | None:
    begins = frame.before.terms.begins if frame.before else None
    return begins if begins and begins > now else None


def _money(
    given: MandateForm, currency: str, wrong: dict[str, str]
) -> tuple[Money | None, Money | None]:
    found: dict[str, Money | None] = {}
    for name in ("per_case", "per_period"):
        text = getattr(given, name).strip()
        try:
            found[name] = Money.read(text, currency) if text else None
        except ValueError:
            wrong[name] = f"Write an amount in {currency}, such as 150 or 150.00."
    if wrong:
        return None, None
    case, period = found["per_case"], found["per_period"]
    if (case is None) != (period is None):
        missing = "per_case" if case is None else "per_period"
        wrong[missing] = "Say this amount, too: without both no money is spent unasked."
    elif case and period and period < case:
        wrong["per_period"] = "A month cannot have less than one case. Write as much, or more."
    return case, period


def _ends(text: str, zone: str, now: datetime, wrong: dict[str, str]) -> datetime | None:
    """The end of that day in the owner's zone."""
    if not text.strip():
        return None
    try:
        last = date.fromisoformat(text.strip())
    except ValueError:
        wrong["ends"] = "Write a day as year, month and day, such as 2027-12-31."
        return None
    if last > _LAST:
        wrong["ends"] = "That is too far away. Leave it empty for a mandate without an end."
        return None
    ends = datetime.combine(last + timedelta(days=1), time(), ZoneInfo(zone)).astimezone(UTC)
    if ends <= now:
        wrong["ends"] = "That day is over. Choose today or a later day."
    return ends
