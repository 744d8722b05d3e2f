"""How an owner is reached when a person is ready. Pure."""

import re
from itertools import pairwise
from urllib.parse import urlsplit

from thingdesk.platform.errors import FieldError, Refused, refuse

# E.164: a country code and the rest, fifteen digits at most
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
# the country codes of E.164 (ITU, Operational Bulletin 994): those of one and two digits, or three
_COUNTRY = re.compile(r"\+(?:[17]|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[0-9]{3})")
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


def phone(reach: str) -> str:
    """A telephone number in groups, as people read and dial it: `+49 301 234 567`."""
    if not _NUMBER.fullmatch(reach):
        return reach
    found = _COUNTRY.match(reach)
    code = found[0] if found else ""
    rest = reach.removeprefix(code)
    # no group of a single digit at the end
    cut = [*range(0, len(rest) - 1, 3), len(rest)]
    return " ".join([code, *(rest[a:b] for a, b in pairwise(cut))])


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
