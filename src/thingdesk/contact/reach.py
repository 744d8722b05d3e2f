"""How an owner is reached when a person is ready. Pure."""

import re
from itertools import pairwise
from urllib.parse import urlsplit

from thingdesk.platform.errors import FieldError, Refused, refuse

# E.164: a country code and the rest, fifteen digits at most
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
# the country codes of one and two digits of E.164 (ITU, Operational Bulletin 994); all others have 3
_COUNTRIES = frozenset(
    [
        "1",
        "7",
        "20",
        "27",
        "30",
        "31",
        "32",
        "33",
        "34",
        "36",
        "39",
        "40",
        "41",
        "43",
        "44",
        "45",
        "46",
        "47",
        "48",
        "49",
        "51",
        "52",
        "53",
        "54",
        "55",
        "56",
        "57",
        "58",
        "60",
        "61",
        "62",
        "63",
        "64",
        "65",
        "66",
        "81",
        "82",
        "84",
        "86",
        "90",
        "91",
        "92",
        "93",
        "94",
        "95",
        "98",
    ]
)
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
    country = next(n for n in (1, 2, 3) if n == 3 or reach[1 : n + 1] in _COUNTRIES)
    code, rest = reach[: country + 1], reach[country + 1 :]
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
