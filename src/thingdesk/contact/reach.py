"""How an owner is reached when a person is ready. Pure."""

import re
from urllib.parse import urlsplit

from thingdesk.platform.errors import FieldError, Refused, refuse

# E.164: a country code and the rest, fifteen digits at most
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_BETWEEN = re.compile(r"[ ()/.-]")
_LONGEST = 500


def read_reach(given: str) -> str:
    """A telephone number as `+` and digits, or an https address as it is. Raises Refused."""
    number = _BETWEEN.sub("", given)
    if len(given) <= _LONGEST and (_NUMBER.fullmatch(number) or _is_address(given)):
        return number if given.startswith("+") else given
    raise _unfit()


def host_of(reach: str) -> str:
    """Whose address it is."""
    return urlsplit(reach).hostname or ""


def _is_address(given: str) -> bool:
    # what cannot be seen, or is no ASCII, could make the host look like another one
    if not (given.isascii() and given.isprintable()) or set(given) & set(" \\\"'<>`"):
        return False
    try:
        parts = urlsplit(given)
        named = parts.hostname and "." in parts.hostname.strip(".") and parts.port != 0
    except ValueError:
        return False
    return parts.scheme == "https" and bool(named) and "@" not in parts.netloc


def _unfit() -> Refused:
    mend = "give a number such as +49 30 1234567, or an address that begins with https://"
    field = FieldError("data.input.reach", "is neither a telephone number nor an address", mend)
    return refuse("unfit_reach", "the owner cannot be reached by this", fields=(field,))
