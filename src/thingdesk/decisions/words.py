"""What people read of a question. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from thingdesk.cases import Case, happened
from thingdesk.decisions.model import NO, Cost, Option, Proposal, Question
from thingdesk.mandates import Payer
from thingdesk.parties import Machine, called
from thingdesk.platform import formats
from thingdesk.platform.formats import local

_MOST = 50
_ON_YOUR_PAGE = (
    "All of them are on your page, each with what would be done and what it costs. Where a yes is"
    " asked for, no answer is a no. A mandate, which you can give there, says once what may be done"
    " without asking."
)
_PAYERS: Mapping[str, str] = {Payer.OWNER: "you pay", Payer.ORGANISATION: "we pay"}


@dataclass(frozen=True, slots=True)
class About:
    """What a question is about; None for what is not known. `identity` is that of the problem,
    which tells the case from others of its machine: `code P0301`.
    """

    case: Case | None = None
    machine: Machine | None = None
    identity: str = ""

    @property
    def name(self) -> str:
        """`car-7 (car, Model 3)`."""
        if self.machine is None:
            return self.case.subject if self.case else ""
        kind, model = formats.plain(self.machine.kind), called(self.machine)
        more = f", {model}" if model and model != self.machine.kind else ""
        return f"{self.machine.id} ({kind}{more})"

    @property
    def short(self) -> str:
        """`car-7, code P0301`: what tells the question from others that are asked alike."""
        return ", ".join(filter(None, (self.case.subject if self.case else "", self.identity)))


def in_words(question: Question, about: About, zone: str) -> str:
    """Which problem, and the question; which machine, what is wrong, what would be done, by whom,
    when and for what; what can be answered, and what happens without an answer. Times are those of
    `zone`.
    """
    lines = [f"{about.short}: {question.words}" if about.short else question.words, ""]
    facts = [*about_words(about, zone), *proposed(question, zone)]
    lines += [f"{name}: {words}" for name, words in facts]
    lines += ["", "You can answer:"] if facts else ["You can answer:"]
    lines += [f"- {option_words(option, zone)}" for option in question.options]
    if question.approves and question.option(NO) is None:
        lines += ["", "Your choice permits exactly this, and nothing else."]
    return "\n".join([*lines, "", _without_answer(question, zone)])


def gathered(questions: Sequence[tuple[Question, About]], zone: str) -> str:
    """Several questions, a line each; they are answered on the owner's page."""
    lines = [
        f"- {', '.join(filter(None, (about.name, about.identity)))}{': ' if about.name else ''}"
        f"{' '.join(question.words.split())}"
        f" (until {local(question.deadline, zone)})"
        for question, about in questions[:_MOST]
    ]
    if len(questions) > _MOST:
        lines.append(f"- and {len(questions) - _MOST} more")
    head = f"{len(questions)} questions wait for you."
    return "\n".join([head, "", *lines, "", _ON_YOUR_PAGE])


def proposed(question: Question, zone: str) -> list[tuple[str, str]]:
    """What would be done, by whom, when, for what and why it is asked: names and words."""
    return list(_proposed(question.proposal, zone)) if question.proposal else []


def about_words(about: About, zone: str) -> Iterator[tuple[str, str]]:
    """Which machine, and what happened to it: names and words."""
    if about.name:
        yield "Your machine", about.name
    if about.case:
        yield "What happened", happened(about.case, zone)


def _proposed(one: Proposal, zone: str) -> Iterator[tuple[str, str]]:
    if one.words:
        yield "What would be done", one.words
    if one.who:
        yield "By whom", one.who
    if one.at or one.at_once:
        yield "When", local(one.at, zone) if one.at else "at once"
    yield "What it costs you", cost_words(one.costs)
    if one.why:
        yield "Why we ask", one.why


def cost_words(costs: tuple[Cost, ...]) -> str:
    """`nothing`, `189.00 EUR`, or `nothing: the maker pays 189.00 EUR`; of several the sum, too."""
    due = [one for one in costs if one.amount.minor]
    theirs = _theirs([one for one in due if one.payer is Payer.OWNER])
    others = " and ".join(
        f"{payer_words(one.payer)} {one.amount}" for one in due if one.payer is not Payer.OWNER
    )
    if theirs and others:
        return f"{theirs}; {others}"
    return theirs or (f"nothing: {others}" if others else "nothing")


def _theirs(due: Sequence[Cost]) -> str:
    """What the owner pays: what is new, what they said yes to before, and all of it."""
    new = " and ".join(str(one.amount) for one in due if not one.agreed)
    agreed = " and ".join(str(one.amount) for one in due if one.agreed)
    if agreed:
        new = f"{new}, and the" if new else "nothing more than the"
        agreed = f" {agreed} that you said yes to"
    amounts = [one.amount for one in due]
    # nothing here knows a rate
    if not amounts[1:] or len({one.currency for one in amounts}) > 1:
        return new + agreed
    return f"{new}{agreed}: {sum(amounts[1:], amounts[0])} in all"


def payer_words(payer: str) -> str:
    """Who pays, as the owner is told."""
    return _PAYERS.get(payer, f"the {payer} pays")


def option_words(option: Option, zone: str) -> str:
    """An answer as it is told: a time is one of the owner's day."""
    start, place = start_of(option), option.data.get("at")
    if start is None:
        return option.words
    return f"{_when(start, zone)}, {place}" if place else _when(start, zone)


# many owners are offered the same times
@lru_cache(maxsize=10_000)
def _when(start: datetime, zone: str) -> str:
    return f"{formats.day(start, zone)}, {formats.time(start, zone)}"


def start_of(option: Option) -> datetime | None:
    """The time that an answer stands for, if it stands for one."""
    try:
        start = datetime.fromisoformat(option.data["start"])
    except (KeyError, TypeError, ValueError):
        return None
    return start if start.tzinfo else None


def _without_answer(question: Question, zone: str) -> str:
    by = f"Without an answer by {local(question.deadline, zone)}"
    default = question.option(question.default)
    if question.approves:
        return f"{by} nothing is done: no answer is a no."
    if default is None:
        return f"{by} we go on without one."
    return f"{by} we take: {option_words(default, zone)}"
