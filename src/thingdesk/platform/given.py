"""How a setting is checked as it was given: each raises ValueError in words for the operator."""

from collections.abc import Callable
from datetime import time
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from thingdesk.platform import addresses


def split(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())


def zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError(f"{value!r} is no time zone: give an IANA name such as Europe/Berlin")
    return value


def hours(value: str) -> str:
    try:
        opens, closes = map(time.fromisoformat, value.split("-"))
        fits = opens < closes and not (opens.tzinfo or closes.tzinfo)
    except (ValueError, TypeError):
        fits = False
    if not fits:
        raise ValueError(f"{value!r} is no span of a day: say from when to when, as in 09:00-17:00")
    return value


def sender(value: str) -> str:
    addresses.split(value)
    return value


def capitals(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def or_none(value: object) -> object:
    return value or None


def url(*schemes: str, host: bool = True) -> Callable[[str | None], str | None]:
    """A check of an address; its words do not show it, as it may hold a password."""

    def check(value: str | None) -> str | None:
        if value is None:
            return None
        try:
            parts = urlsplit(value)
            fits = parts.scheme in schemes and (parts.hostname or not host) and parts.port != 0
        except ValueError:
            fits = False
        if not fits:
            begins = " or ".join(f"{one}://" for one in schemes)
            raise ValueError(f"it is no address that begins with {begins}")
        return value

    return check
