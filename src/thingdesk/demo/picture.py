"""What the terminal shows: the problems on their way, and the closing table."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from thingdesk.demo.tally import Story, Tally, Times

_GOOD, _BAD, _DIM = "bold green", "bold red", "dim"
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


def news(before: Tally | None, now: Tally) -> list[str]:
    """A line for each step that a problem has made since."""
    former = {story.machine: story for story in before.stories} if before else {}
    lines = []
    for story in now.stories:
        old = former.get(story.machine, Story(story.machine, story.words))
        for said, moment, known in (
            (f"{story.words}", story.fault, old.fault),
            (f"is case {story.cases[0] if story.cases else ''}", story.told, old.told),
            ("a provider has the job", story.dispatch, old.dispatch),
            ("the work is said to be done", story.done, old.done),
            (f"ended: {story.outcome}", story.ended, old.ended),
        ):
            if moment is not None and known is None:
                lines.append(f"{moment:%H:%M:%S}  {story.machine:<8} {said}")
    return lines


def closing(tally: Tally, seconds: float) -> RenderableType:
    """The closing table, and what is wrong."""
    title = "What the machines, their owners and the providers noted"
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(style=_DIM)
    verified = len(tally.verified)
    for name, value, words in (
        ("signals", tally.signals, "each with a receipt"),
        ("reports", tally.reports, "each with a receipt or a refusal"),
        ("refused", tally.refused, "wrong on purpose, and told what to mend"),
        ("cases", tally.cases, f"of {len(tally.stories)} problems"),
        ("duplicates", tally.said_again + tally.sent_again, _duplicates(tally)),
        ("verified", verified, "by the machine's own signals"),
        ("zero-touch", tally.zero_touch, _touches(tally)),
        ("questions to owners", tally.questions, "dates and approvals"),
    ):
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


def _duplicates(tally: Tally) -> str:
    return f"{tally.said_again} reports of a known problem, {tally.sent_again} events sent again"


def _touches(tally: Tally) -> str:
    return f"asked for a date at most; {tally.untouched} of them were asked nothing at all"
