"""Why there is a case, in plain words."""

from datetime import datetime
from typing import Any

from thingdesk.cases.model import Case
from thingdesk.platform import formats

_CODES, _SILENCE = "codes", "silence"


def happened(case: Case, zone: str = "UTC") -> str:
    """What the case began with: what was found in the machine's signals, or who asked for it."""
    if case.origin == "finding" and case.evidence:
        return _found(case, case.evidence, zone)
    who = "It" if case.reporter == case.subject else f"{case.reporter}, which speaks for it,"
    return f"{who} asked for help: {_asked(case)}."


def _found(case: Case, evidence: dict[str, Any], zone: str) -> str:
    measure = str(evidence.get("measure"))
    if measure == _CODES:
        code = case.input.get("code")
        named = f": {code}" if isinstance(code, str) else ""
        return f"It reports a trouble code of its own{named}."
    if measure == _SILENCE:
        missed = formats.number(float(evidence["value"]))
        since = formats.moment(datetime.fromisoformat(evidence["since"]), zone)
        return f"Nothing was heard from it since {since}: {missed} expected signals did not come."
    value, limit = float(evidence["value"]), float(evidence["limit"])
    side = "above" if value > limit else "below"
    return (
        f"Its {formats.plain(measure)} was {side} {formats.number(limit)} {_span(evidence, zone)};"
        f" the last value was {formats.number(value)}."
    )


def _span(evidence: dict[str, Any], zone: str) -> str:
    since, until = (datetime.fromisoformat(evidence[name]) for name in ("since", "until"))
    if since == until:
        return f"at {formats.moment(until, zone)}"
    same = formats.day(since, zone) == formats.day(until, zone)
    end = formats.time(until, zone) if same else formats.moment(until, zone)
    return f"from {formats.moment(since, zone)} to {end}"


def _asked(case: Case) -> str:
    given = ", ".join(
        f"{formats.plain(name)} {_shown(value)}"
        for name, value in case.input.items()
        if isinstance(value, str | int | float)
    )
    return f"{case.title} ({given})" if given else case.title


def _shown(value: str | float) -> str:
    return value if isinstance(value, str) else formats.number(value)
