"""What the terminal shows: the problems on their way, and the closing table."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from thingdesk.demo.tally import Story, Tally, Times

_GOOD, _BAD, _DIM = "bold green", "bold red", "dim"
_SETTLES = timedelta(seconds=1)
_OUTCOMES = {
    "verified": "proven by the machine's own signals",
    "refused": "their owner said no",
}
_ENDS = {"verified": _GOOD, "fulfilled": _GOOD, "refused": "yellow", "withdrawn": "yellow"}


def live(tally: Tally, seconds: float, where: str) -> RenderableType:
    """Problems as they become cases, and cases as they are verified."""
    table = Table(box=None, padding=(0, 1, 0, 0), header_style=_DIM, expand=True)
    table.add_column("machine", no_wrap=True, min_width=8)
    table.add_column("what is wrong; seconds until its", no_wrap=True, ratio=1)
    for name in ("receipt", "case", "provider", "work", "end"):
        table.add_column(name, justify="right", no_wrap=True, min_width=max(6, len(name)))
    table.add_column("outcome", no_wrap=True, min_width=9)
    for story in tally.stories:
        table.add_row(*_row(story))
    line = (
        f"{seconds:5.1f} s   {tally.signals} signals, {tally.reports} reports, "
        f"{tally.cases} cases, {len(tally.verified)} verified, {tally.questions} questions asked"
    )
    return Group(Text(""), table, Text(""), Text(line, style="bold"), Text(where, style=_DIM))


class Lines:
    """What happens, a line for each step of a problem, in the order in which it happened."""

    def __init__(self) -> None:
        self._said: set[tuple[str, int, str]] = set()

    def new(self, tally: Tally, *, last: bool = False) -> list[str]:
        """What is new. Of the last second somebody may not have noted all: it comes next time."""
        until = tally.at if last else tally.at - _SETTLES
        found = []
        for story in tally.stories:
            for step, moment, said in _steps(story):
                one = story.machine, story.number, step
                if moment is not None and moment <= until and one not in self._said:
                    self._said.add(one)
                    found.append((moment, f"{moment:%H:%M:%S}  {story.machine:<8} {said}"))
        return [line for _, line in sorted(found)]


def _steps(story: Story) -> tuple[tuple[str, datetime | None, str], ...]:
    return (
        ("fault", story.fault, story.words),
        ("case", story.told, f"is case {story.cases[0] if story.cases else ''}"),
        ("offered", story.dispatch, "a provider has the job"),
        ("done", story.done, "the work is said to be done"),
        ("ended", story.ended, f"ended: {story.outcome}"),
    )


def closing(tally: Tally, seconds: float) -> RenderableType:
    """The closing table, and what is wrong. What is indented adds up to what stands above it."""
    title = "What the machines, their owners and the providers noted"
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(style=_DIM)
    for name, value, words in (*_of_events(tally), *_of_cases(tally)):
        table.add_row(name, str(value), words)
    table.add_section()
    for name, spans in (
        ("fault to receipt", tally.to_receipt),
        ("fault to case", tally.to_case),
        ("fault to dispatch", tally.to_dispatch),
    ):
        table.add_row(name, _times(spans), "median / p99")
    wrong = [Text(line, style=_BAD) for line in tally.wrong]
    end = Text(
        f"Nothing lost, nothing doubled, nothing left open, in {seconds:.0f} s."
        if not wrong
        else f"{len(wrong)} things are wrong.",
        style=_BAD if wrong else _GOOD,
    )
    late = "One car had no network when it broke, another lost its receipts: the p99 is theirs."
    return Group(table, Text(late, style=_DIM), *wrong, end)


_Rows = Iterator[tuple[str, int, str]]


def _of_events(tally: Tally) -> _Rows:
    yield "signals", tally.signals, "each with a receipt"
    yield "reports", tally.reports, "each with a receipt or a refusal"
    yield "  answered at once", tally.answered, "meter readings, which need no case"
    again = tally.about - tally.reported
    yield "  about a problem", tally.about, f"{tally.reported} problems, and {again} duplicates"
    yield "  refused reports", tally.refused, "wrong on purpose, and told why"
    waiting = tally.reports - tally.answered - tally.about - tally.refused
    if waiting:
        yield "  without an answer", waiting, "not even a refusal"
    yield "sent twice", tally.sent_again, "no receipt came in time; counted once"


def _of_cases(tally: Tally) -> _Rows:
    yield "problems", len(tally.stories), "found in signals, reported, or both"
    yield "cases", tally.cases, "one for each problem"
    for outcome, number in sorted(tally.outcomes.items(), reverse=True):
        name = "refused cases" if outcome == "refused" else outcome
        yield f"  {name}", number, _OUTCOMES.get(outcome, "")
        if outcome == "verified":
            zero, silent = tally.zero_touch, tally.untouched
            words = f"{zero - silent} chose a date, {silent} said nothing"
            yield "    zero-touch", zero, words
            yield "    permitted", number - zero, "the owner had to say yes first"
    yield "questions to owners", tally.questions, "answered, each by its owner"
    dates = tally.questions - tally.approvals
    yield "  which date", dates, "what only an owner can choose"
    yield "  yes or no", tally.approvals, "more than they had permitted"


def _row(story: Story) -> tuple[RenderableType, ...]:
    moments = (story.receipt, story.told, story.dispatch, story.done, story.ended)
    outcome = story.outcome or ("" if story.fault is None else "…")
    return (
        Text(story.machine, style="bold" if story.fault else _DIM),
        Text(story.words, style="" if story.fault else _DIM),
        *(Text(_span(story.after(moment))) for moment in moments),
        Text(outcome, style=_ENDS.get(outcome, _DIM)),
    )


def _span(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.1f}"


def _times(spans: Times) -> str:
    if spans.median is None or spans.p99 is None:
        return "never"
    return f"{spans.median:.2f} s / {spans.p99:.2f} s"
