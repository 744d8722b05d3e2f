"""Findings as a rule could make them: what a rule asks for is tried with them before it counts."""

import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime

from thingdesk.diagnosis.model import Evidence, FaultCode, Finding, Limited, Rule, Silence

_AT = datetime(2026, 1, 1, tzinfo=UTC)
_LENGTH = 5
"""Of a trouble code, by SAE J2012."""


def samples(rule: Rule) -> Iterator[Finding]:
    """A few findings of `rule`; a fault code is as long as real ones, and as short as may be."""
    match rule:
        case FaultCode():
            for code in rule.codes:
                for about in dict.fromkeys((_code(code, _LENGTH), _code(code, 0))):
                    yield _finding(rule, "codes", 1, 1, about)
        case Limited():
            beyond = math.nextafter(rule.limit, rule.sign * math.inf)
            yield _finding(rule, rule.metric, beyond, rule.limit)
        case Silence():
            yield _finding(rule, "silence", rule.after, rule.after)


def _code(form: str, length: int) -> str:
    """A code that fits `form`, with zeros for what may be anything."""
    one = re.sub(r"\[!?(.).*?\]", r"\1", form).replace("?", "0")
    return one.replace("*", "0" * max(0, length - len(one) + one.count("*")), 1).replace("*", "")


def _finding(rule: Rule, measure: str, value: float, limit: float, about: str = "") -> Finding:
    evidence = Evidence(measure, value, limit, _AT, _AT, 1)
    return Finding(rule.name, "sample", about, _AT, evidence, rule.confidence)
