"""What the page of a question shows."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from thingdesk import cases, decisions, journeys, parties
from thingdesk.cases import Case
from thingdesk.decisions import YES, Decision, Option
from thingdesk.parties import Machine
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.money import Money
from thingdesk.web import formats
from thingdesk.web.words import happened


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer as it is shown."""

    id: str
    words: str
    note: str
    default: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Answers that stand together: the times of one day; without a title where there is no day."""

    title: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class View:
    """All that the page needs. `state` is `overdue` for one that nobody has settled yet."""

    decision: Decision
    case: Case | None
    machine: Machine | None
    happened: str
    zone: str
    state: str
    groups: tuple[Group, ...]
    chosen: str | None
    default: str | None
    place: str | None
    action: str | None
    amount: Money | None

    @property
    def approval(self) -> bool:
        return self.decision.question.approval_of is not None


async def view(tx: Transaction, decision: Decision) -> View:
    question = decision.question
    case = await cases.get(tx, question.case_id)
    owner = await parties.get_owner(tx, question.owner_id) if question.owner_id else None
    zone = owner.zone if owner else "UTC"
    action, amount = await _action(tx, decision)
    default = question.option(question.default)
    chosen = question.option(decision.chosen)
    place = _place(question.options)
    return View(
        decision,
        case,
        await parties.get_machine(tx, case.subject) if case else None,
        happened(case, zone) if case else "",
        zone,
        _state(decision),
        _groups(question.options, question.default, zone, place),
        words_of(chosen, zone) if chosen else None,
        words_of(default, zone) if default else None,
        place,
        action,
        amount,
    )


def _state(decision: Decision) -> str:
    if decision.state is not decisions.State.OPEN:
        return decision.state.value
    return "open" if clock.now() < decision.question.deadline else "overdue"


async def _action(tx: Transaction, decision: Decision) -> tuple[str | None, Money | None]:
    """The one action that an open approval is about, and its amount, from the effect ledger."""
    question = decision.question
    if question.approval_of is None or decision.state is not decisions.State.OPEN:
        return None, None
    for one in await journeys.effects_of(tx, question.case_id):
        if one.journey_id == question.run_id and one.state == "asked":
            paid = one.minor is not None and one.currency is not None
            return one.name, Money(one.minor or 0, one.currency or "") if paid else None
    return None, None


def _start(option: Option) -> datetime | None:
    try:
        start = datetime.fromisoformat(option.data["start"])
    except (KeyError, TypeError, ValueError):
        return None
    return start if start.tzinfo else None


def _place(options: tuple[Option, ...]) -> str | None:
    """Where all of the offered times are; None when they are in several places."""
    places = {str(one.data.get("at", "")) for one in options}
    return (places.pop() or None) if len(places) == 1 else None


def _groups(
    options: tuple[Option, ...], default: str | None, zone: str, place: str | None
) -> tuple[Group, ...]:
    starts = [_start(option) for option in options]
    if None in starts:
        shown = tuple(Choice(one.id, one.words, "", one.id == default) for one in options)
        return (Group("", shown),)
    dated = sorted(zip(starts, options, strict=True), key=lambda one: (str(one[0]), one[1].id))
    return tuple(
        Group(title, tuple(_dated(at, option, default, zone, place) for at, option in group if at))
        for title, group in groupby(dated, key=lambda one: formats.day(one[0] or clock.now(), zone))
    )


def _dated(
    at: datetime, option: Option, default: str | None, zone: str, place: str | None
) -> Choice:
    note = "" if place else str(option.data.get("at", ""))
    return Choice(option.id, formats.time(at, zone), note, option.id == default)


def words_of(option: Option, zone: str) -> str:
    """An answer as it is told: a time is one of the owner's day."""
    if option.id == YES:
        return "Yes"
    start = _start(option)
    if start is None:
        return option.words
    place = option.data.get("at")
    when = f"{formats.day(start, zone)}, {formats.time(start, zone)}"
    return f"{when}, {place}" if place else when
