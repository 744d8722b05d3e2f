"""What authors give as a duration. Pure."""

from datetime import timedelta

MEND = "write minutes(…), hours(…) or days(…)"


def problem(**given: object) -> str | None:
    """What of these is no duration, by name, and how to mend it; None when all are."""
    wrong = [
        f"{name} is {value!r}" for name, value in given.items() if not isinstance(value, timedelta)
    ]
    return f"{', '.join(wrong)}, and not a timedelta; {MEND}" if wrong else None
