"""The codes of refusals, verdicts and stopped journeys, collected from the syntax trees."""

from collections.abc import Iterable
from dataclasses import replace

from scripts.reference.codes import Code, Unreadable, collect
from scripts.reference.words import Undocumented, page, table

from thingdesk.fulfilment import CommandState
from thingdesk.fulfilment.jobs import model as jobs

INTRO = """
A refusal is a value: `code` for machines, `reason` in words, `recovery` (what can be done next) and
`fields` (what is wrong in the input, and how to mend each). It is the same on every channel: an
event `thingdesk.refusal` on `td/{machine}/receipts`, an entry of `refused` in an answer over HTTP,
or the answer itself as `application/problem+json` with the code in `type` (`urn:thingdesk:problem:`
and the code) when nothing could be taken. A code never changes its meaning; the words may. `…`
stands for what differs from one refusal to the next.

| recovery | what to do |
| --- | --- |
| `retry` | send the same again, later |
| `fix_input` | send it again as `fields` or the reason say |
| `ask_owner` | the owner can permit it |
| `contact_us` | a person has to look at it |
"""
VERDICTS = """
## Verdicts

Why an effect may happen, has to be asked for, or may not happen. The code and its words stand on
the timeline of the case (`effect.intended`, `effect.asked`, `effect.denied`), and in the data of a
case that ended as *refused*.
"""
STOPS = """
## Why a journey stops

The code in the data of a case that ended as *refused*, *withdrawn* or *unverified*; a refusal of
what a journey asked for (`slot_taken` …) and the verdicts above may stand there, too.
"""
JOBS = {f"job_{state}": why for state, why in vars(jobs)["_WHY"].items()}
_NOT_DONE = {
    CommandState.EXPIRED: "A command reached the machine too late; it says that it did nothing.",
    CommandState.FAILED: "The machine could not carry out a command.",
    CommandState.RECALLED: "A command was taken back; the machine says that it did nothing.",
    CommandState.REFUSED: "The machine would not carry out a command.",
    CommandState.UNANSWERED: "The machine has not said whether it did a command; it may have.",
    CommandState.UNDELIVERED: "A command was not put out in its time: the machine never had it.",
}
COMMANDS = {
    f"command_{state}": _NOT_DONE[state]
    for state in CommandState
    if state not in (CommandState.WAITING, CommandState.DONE)
}
FORMS: dict[str, tuple[str, ...]] = {
    "job_{}": tuple(JOBS),
    "over_{}_budget": ("over_case_budget", "over_period_budget"),
    "command_{}": tuple(COMMANDS),
}
"""The codes that are put together, by their form."""
FIELDS = "`fields` says what is wrong, and how to mend it."
WORDS = {
    "answer_invalid": f"What a provider says of a job cannot be stored. {FIELDS}",
    "bad_event": f"The event is no CloudEvent as the desk takes it. {FIELDS}",
    "bad_report": f"The event is no report. {FIELDS}",
    "bad_signal": f"The event is no signal. {FIELDS}",
    "command_invalid": f"A command holds what cannot be sent. {FIELDS}",
    "http": "HTTP itself has a word for it, such as 405 of a page; the reason says which.",
    "implausible_reading": f"The reading does not fit between those before and after it. {FIELDS}",
    "invalid_input": f"What is to be registered or set cannot be. {FIELDS}",
    "nobody_to_ask": "An approval is needed, and the machine has no owner who could give it.",
    "result_invalid": f"What a machine says of a command cannot be stored. {FIELDS}",
    "token_claims_wrong": f"The token is signed, and claims what it may not. {FIELDS}",
    "unfit_request": f"A part of the path or the query does not fit. {FIELDS}",
    "withdrawn": "The owner or the machine took the request back.",
    "bad_mandate": "The `authorization_details` cannot be read; the fields say why.",
    "mandate_wider": "A mandate can only be narrowed; the fields say what is more than it permits.",
    "token_expired": "The token's time is over, or has not come: sign a new one.",
}
"""What is said of codes whose words are made from what is wrong."""


def make() -> str:
    found = spelled(collect("refusals"))
    return page(
        "Refusals",
        INTRO,
        _table(found),
        VERDICTS.strip(),
        _table(spelled(collect("verdicts")), "answer"),
        STOPS.strip(),
        _table(spelled(collect("stops")), "outcome"),
    )


def spelled(found: Iterable[Code]) -> list[Code]:
    """Each code by its name, with words; raises Undocumented where there are none."""
    result = []
    for one in found:
        if one.code in WORDS and not _says_something(one.words):
            result.append(replace(one, words=WORDS[one.code]))
        elif "{}" not in one.code:
            result.append(one)
        elif one.code in FORMS:
            result += [_named(one, name) for name in FORMS[one.code]]
        else:
            raise Unreadable(f"{one.module}: list what the code {one.code} can be in FORMS")
    return sorted(result, key=lambda one: (one.code, one.module))


def _stage(module: str) -> str:
    """The stage, or the channel: it says enough, and stays when a file is renamed."""
    parts = module.split(".")
    return ".".join(parts[: 3 if "channels" in parts or "packs" in parts else 2])


def _says_something(words: str) -> bool:
    return any(one.isalpha() for one in words)


def _named(one: Code, name: str) -> Code:
    if name in JOBS:
        reason, recovery = JOBS[name]
        return replace(one, code=name, words=reason, kind=recovery.value)
    return replace(one, code=name, words=COMMANDS.get(name, one.words))


def _table(found: Iterable[Code], third: str = "recovery") -> str:
    groups: dict[str, list[Code]] = {}
    for one in found:
        groups.setdefault(one.code, []).append(one)
    rows = [(f"`{code}`", *_row(group)) for code, group in groups.items()]
    return table(("code", third, "words", "from"), rows)


def _row(group: list[Code]) -> tuple[str, str, str]:
    words = list(dict.fromkeys(one.words for one in group if _says_something(one.words)))
    if not words:
        raise Undocumented(f"{group[0].module}: the code {group[0].code} has no words")
    kinds = sorted({f"`{one.kind}`" for one in group})
    places = sorted({f"`{_stage(one.module)}`" for one in group})
    return ", ".join(kinds), " · ".join(words), ", ".join(places)
