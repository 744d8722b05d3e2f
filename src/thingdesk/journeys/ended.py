"""What an owner reads when a case of theirs has ended. Pure."""

from collections.abc import Iterator, Sequence

from thingdesk import mandates
from thingdesk.cases import Case, Outcome
from thingdesk.decisions import About, Cost, about_words, cost_words
from thingdesk.platform.errors import Recovery

_CAME = {
    Outcome.VERIFIED: "it is well again",
    Outcome.FULFILLED: "done",
    Outcome.UNVERIFIED: "done, and not proven",
    Outcome.REFUSED: "not done",
    Outcome.WITHDRAWN: "withdrawn",
}
_NEXT = {
    Outcome.VERIFIED: "There is nothing left for you to do.",
    Outcome.FULFILLED: "There is nothing left for you to do.",
    Outcome.UNVERIFIED: (
        "Its own signals have not proven that it is well again. If it is not, it can be reported"
        " again."
    ),
    Outcome.REFUSED: "Nobody works on it now. If it is still wanted, it can be asked for again.",
    Outcome.WITHDRAWN: "Nobody works on it now. What could be taken back was taken back.",
}
_PERMIT = (
    "If it is still wanted, it can be asked for again, and then we ask you again. A mandate, which"
    " you can give on your page, says once what may be done without asking."
)


def in_words(case: Case, about: About, costs: Sequence[Cost], zone: str) -> str:
    """Which service, for which machine and problem; what came of it, what it cost, and what comes
    now.
    """
    came = _CAME[case.outcome] if case.outcome else ""
    lines = [f"{case.title} · {about.short}: {came}", ""]
    lines += [f"{name}: {words}" for name, words in _facts(case, about, costs, zone)]
    return "\n".join(lines)


def _facts(case: Case, about: About, costs: Sequence[Cost], zone: str) -> Iterator[tuple[str, str]]:
    data = case.outcome_data or {}
    yield from about_words(about, zone)
    yield "What came of it", mandates.to_owner(str(data.get("code")), case.outcome_words or "")
    yield "What it cost you", cost_words(tuple(costs))
    asks = case.outcome is Outcome.REFUSED and data.get("recovery") == Recovery.ASK_OWNER
    if case.outcome:
        yield "What comes now", _PERMIT if asks else _NEXT[case.outcome]
