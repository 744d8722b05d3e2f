"""The attention budget. Pure."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from thingdesk.decisions.model import Question
from thingdesk.notices.model import To


def week_of(at: datetime, zone: str) -> date:
    """The Monday that begins the calendar week (ISO 8601) of `at` in `zone`."""
    day = at.astimezone(ZoneInfo(zone)).date()
    return day - timedelta(days=day.weekday())


def counts(question: Question) -> bool:
    """Whether it uses up attention: an owner's, and not about safety."""
    return question.to is To.OWNER and not question.safety


def can_be_spared(question: Question) -> bool:
    """Whether its default may be taken without asking; never an approval's."""
    return counts(question) and question.default is not None and not question.approves


def spare(questions: Sequence[Question], asked: int, budget: int) -> tuple[list[Question], int]:
    """Which of one owner's questions are spared, when `asked` were asked already in this week, and
    how many are asked then.
    """
    spared = []
    for question in questions:
        if asked >= budget and can_be_spared(question):
            spared.append(question)
        elif counts(question):
            asked += 1
    return spared, asked
