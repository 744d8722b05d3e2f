"""What the page of a question shows."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from thingdesk import cases, decisions, parties
from thingdesk.cases import Case
from thingdesk.decisions import NO, Decision, Option, option_words, proposed, start_of
from thingdesk.parties import Machine
from thingdesk.platform import clock, formats
from thingdesk.platform.database import Transaction


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer as it is shown. `default`: what is taken without an answer."""

    id: str
    words: str
    note: str
    proposed: bool
    default: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Answers that stand together: the times of one day; without a title where there is no day."""

    title: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class View:
    """All that the page needs. `state` is `overdue` for one that nobody has settled yet; `identity`
    is that of its problem, in words.
    """

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
    proposed: tuple[tuple[str, str], ...]
    identity: str

    @property
    def approval(self) -> bool:
        """Whether a yes is asked for."""
        question = self.decision.question
        return question.approves and question.option(NO) is not None

    @property
    def permits(self) -> bool:
        """Whether choosing is the approval."""
        return self.decision.question.approves and not self.approval


async def view(tx: Transaction, decision: Decision) -> View:
    question = decision.question
    case = await cases.get(tx, question.case_id)
    owner = await parties.get_owner(tx, question.owner_id) if question.owner_id else None
    zone = owner.zone if owner else "UTC"
    default = question.option(question.default)
    chosen = question.option(decision.chosen)
    place = _place(question.options)
    return View(
        decision,
        case,
        await parties.get_machine(tx, case.subject) if case else None,
        cases.happened(case, zone, "yours") if case else "",
        zone,
        _state(decision),
        _groups(question.options, question.default, zone, place),
        option_words(chosen, zone) if chosen else None,
        option_words(default, zone) if default else None,
        place,
        tuple(proposed(question, zone)),
        (await cases.identity_words(tx, [case]))[case.id] if case else "",
    )


def _state(decision: Decision) -> str:
    if decision.state is not decisions.State.OPEN:
        return decision.state.value
    return "open" if clock.now() < decision.question.deadline else "overdue"


def _place(options: tuple[Option, ...]) -> str | None:
    """Where all of the offered times are; None when they are in several places."""
    places = {str(one.data.get("at", "")) for one in options}
    return (places.pop() or None) if len(places) == 1 else None


def _groups(
    options: tuple[Option, ...], default: str | None, zone: str, place: str | None
) -> tuple[Group, ...]:
    starts = [start_of(option) for option in options]
    if None in starts:
        shown = tuple(
            Choice(one.id, one.words, "", one.id == default, one.id == default) for one in options
        )
        return (Group("", shown),)
    dated = sorted(zip(starts, options, strict=True), key=lambda one: (str(one[0]), one[1].id))
    first = dated[0][1] if default else None
    return tuple(
        Group(
            title,
            tuple(
                _dated(at, one, zone, place, (one is first, one.id == default))
                for at, one in group
                if at
            ),
        )
        for title, group in groupby(dated, key=lambda one: formats.day(one[0] or clock.now(), zone))
    )


def _dated(
    at: datetime, option: Option, zone: str, place: str | None, marks: tuple[bool, bool]
) -> Choice:
    """`marks`: whether it is proposed, and whether it is the default."""
    note = "" if place else str(option.data.get("at", ""))
    return Choice(option.id, formats.time(at, zone), note, *marks)
