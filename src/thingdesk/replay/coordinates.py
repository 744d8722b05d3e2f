"""A coordinate, with the decimal point put back where a spreadsheet took it for a long integer."""

import re

_DECIMAL = re.compile(r"-?\d{1,3}\.(?:\d{1,2}|\d{4,15})")
_COORDINATE = re.compile(r"-?\d+(?:\.\d+)*")
_FURTHEST = 1.0  # degrees: 110 km, further than the cars of one log are apart


def decimal(text: str, *, largest: float) -> float | None:
    """The coordinate that stands there as it is: one point, and not three digits after it, which
    are a group of thousands. None for all else, and beyond `largest` (90 or 180).
    """
    value = float(text) if _DECIMAL.fullmatch(text) else None
    return value if value is not None and abs(value) <= largest else None


def coordinate(text: str, near: float, *, largest: float) -> float | None:
    """The coordinate in degrees that a spreadsheet damaged, or None where none lies near.

    `-58.321.307` has all its digits, and points where a spreadsheet groups thousands: they say
    nothing, not even where there is just one. Where the decimal point was follows from where the
    log was made: of the places it can stand at, one alone gives a value within a degree of
    `near`, as each next multiplies the value by ten. No value is beyond `largest` (90 or 180).
    """
    if not _COORDINATE.fullmatch(text):
        return None
    sign = -1.0 if text.startswith("-") else 1.0
    digits = text.lstrip("-").replace(".", "")
    fits = [
        value
        for whole in range(1, 4)
        if abs(value := sign * float(f"{digits[:whole]}.{digits[whole:]}")) <= largest
        and abs(value - near) <= _FURTHEST
    ]
    return min(fits, key=lambda value: abs(value - near), default=None)
