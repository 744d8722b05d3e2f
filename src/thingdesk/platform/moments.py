"""Moments that people and files give: read in one way, within years that everything can reckon in.

Python cannot turn a moment at the ends of its years into another zone, and PostgreSQL is handed an
infinity for the first and the last of them, so what is beyond 1970 to 2200 is no moment here. Pure.
"""

from datetime import UTC, datetime, tzinfo

_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_END = datetime(2201, 1, 1, tzinfo=UTC)
MEND = "such as 2026-11-24T14:05Z, of the years 1970 to 2200"


def read(text: str, zone: tzinfo | None = None) -> datetime:
    """A moment in ISO 8601, in UTC; `zone` is that of one without a zone.

    Raises ValueError, with what is wrong.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError("is no time in ISO 8601") from error
    at = at.replace(tzinfo=zone) if at.tzinfo is None else at
    wrong = problem(at)
    if wrong:
        raise ValueError(wrong)
    return at.astimezone(UTC)


def problem(at: datetime) -> str | None:
    """What is wrong with a moment; None where nothing is."""
    if at.tzinfo is None:
        return "has no zone"
    # to compare needs no other zone, and so cannot overflow
    return None if _FIRST <= at < _END else "is out of range"
