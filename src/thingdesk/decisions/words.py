"""What an owner reads. Pure."""

from datetime import datetime
from zoneinfo import ZoneInfo

from thingdesk.decisions.model import Question


def in_words(question: Question, zone: str) -> str:
    """The question, what can be answered, and what happens without an answer, in local time."""
    lines = [question.words, "", "You can answer:"]
    lines += [f"- {option.words}" for option in question.options]
    return "\n".join([*lines, "", _without_answer(question, zone)])


def _without_answer(question: Question, zone: str) -> str:
    by = f"Without an answer by {local(question.deadline, zone)}"
    default = question.option(question.default)
    if question.approval_of is not None:
        return f"{by} nothing is done: no answer is a no."
    if default is None:
        return f"{by} we go on without one."
    return f"{by} we take: {default.words}"


def local(at: datetime, zone: str) -> str:
    """`at` as the owner's clock shows it, with the zone's name."""
    return f"{at.astimezone(ZoneInfo(zone)):%A, %d %B %Y, %H:%M} ({zone})"
