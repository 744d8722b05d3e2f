"""Why there is a case, in plain words."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from thingdesk.cases.model import Case
from thingdesk.platform import formats

OF_BEFORE = "of_before"
"""In the evidence of what was found before the present ownership, and is found still: its numbers
are for staff alone.
"""
_CODES, _SILENCE = "codes", "silence"


def happened(case: Case, zone: str = "UTC", whose: str = "its owner's") -> str:
    """What the case began with: what was found in the machine's signals, or who asked for it. Of
    what was found before the machine became `whose` it is, no time and no number is told.
    """
    if case.origin == "finding" and case.evidence:
        return _found(case, case.evidence, zone, whose)
    who = "It" if case.reporter == case.subject else f"{case.reporter}, which speaks for it,"
    if code := _code(case):
        return f"{who} reported trouble code {code}."
    return f"{who} asked for help: {_asked(case)}."


def briefly(case: Case) -> str:
    """The same in a few words: `temperature 53.25, below 68`, or `P0420, the catalyst is weak`."""
    evidence = case.evidence or {}
    about = _code(case)
    found = evidence_words(evidence, about) if evidence else about
    return ", ".join(filter(None, (found, *_named(case))))


def beyond(case: Case) -> dict[str, Any]:
    """What the input says beyond the evidence, and the code that is told with it."""
    evidence = case.evidence or {}
    measure = evidence.get("measure")
    # of codes and silence the numbers are counts, which no input repeats
    counts = measure in {_CODES, _SILENCE}
    said = [measure] if counts else [measure, evidence.get("value"), evidence.get("limit")]
    return {
        name: value
        for name, value in case.input.items()
        if name != "code" and (isinstance(value, bool) or value not in said)
    }


def evidence_words(evidence: Mapping[str, Any], about: str | None) -> str:
    """What was found, in a few words; `about` is the trouble code, where it is one."""
    measure = str(evidence.get("measure"))
    if measure == _CODES:
        return ", ".join(filter(None, (about, evidence.get("meaning")))) or "a trouble code"
    value, limit = float(evidence["value"]), float(evidence["limit"])
    if measure == _SILENCE:
        return f"{formats.number(value)} expected signals did not come"
    return (
        f"{formats.plain(measure)} {formats.number(value)}, {_side(value, limit)}"
        f" {formats.number(limit)}"
    )


def _named(case: Case) -> Iterator[str]:
    for name, value in beyond(case).items():
        if isinstance(value, str | int | float):
            yield f"{formats.plain(name)} {_shown(value)}"


def _side(value: float, limit: float) -> str:
    return "above" if value > limit else "below"


def _found(case: Case, evidence: dict[str, Any], zone: str, whose: str) -> str:
    measure = str(evidence.get("measure"))
    if measure == _CODES:
        words = ", ".join(filter(None, (_code(case), evidence.get("meaning"))))
        return f"It reads a trouble code from itself{': ' if words else ''}{words}."
    before = bool(evidence.get(OF_BEFORE))
    if measure == _SILENCE:
        if before:
            return f"Nothing was heard from it when it became {whose}."
        missed = formats.number(float(evidence["value"]))
        since = formats.moment(datetime.fromisoformat(evidence["since"]), zone)
        return f"Nothing was heard from it since {since}: {missed} expected signals did not come."
    value, limit = float(evidence["value"]), float(evidence["limit"])
    beyond = f"Its {formats.plain(measure)} was {_side(value, limit)} {formats.number(limit)}"
    if before:
        return f"{beyond} when it became {whose}."
    return f"{beyond} {_span(evidence, zone)}; the last value was {formats.number(value)}."


def _span(evidence: dict[str, Any], zone: str) -> str:
    since, until = (datetime.fromisoformat(evidence[name]) for name in ("since", "until"))
    if formats.moment(since, zone) == formats.moment(until, zone):
        return f"at {formats.moment(until, zone)}"
    same = formats.day(since, zone) == formats.day(until, zone)
    end = formats.time(until, zone) if same else formats.moment(until, zone)
    return f"from {formats.moment(since, zone)} to {end}"


def _code(case: Case) -> str | None:
    """The trouble code that it is about, where it is about one."""
    code = case.input.get("code")
    return formats.named(code) if isinstance(code, str) else None


def _asked(case: Case) -> str:
    given = ", ".join(
        f"{formats.plain(name)} {_shown(value)}"
        for name, value in case.input.items()
        if isinstance(value, str | int | float)
    )
    return f"{case.title} ({given})" if given else case.title


def _shown(value: str | float) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return formats.named(value) if isinstance(value, str) else formats.number(value)
