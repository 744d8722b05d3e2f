"""E-mail addresses that people and files give: one, written so that every mail server takes it.

The plain form of RFC 5321 in ASCII: no quotes, no comment, no second address, no encoded word (RFC
2047), which a mail program might read as something else than the desk did. Pure.
"""

import re

from thingdesk.platform.formats import is_line

MEND = "one address such as name@example.org, in ASCII, 254 characters at most"
_LONGEST = 254
_LONGEST_NAME = 64
_NAME = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"({_NAME}(?:\.{_NAME})*)@(?:{_LABEL}\.)*({_LABEL})")
_ENCODED = "=?"


def problem(text: str) -> str | None:
    """What is wrong with an address; None where nothing is."""
    found = _ADDRESS.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None or len(found[1]) > _LONGEST_NAME or _ENCODED in text or found[2].isdigit():
        return "is no e-mail address"
    return None


def split(text: str) -> tuple[str, str]:
    """Name and address of `name@place` or `Name <name@place>`; the name may be empty. Raises
    ValueError, with what is wrong.
    """
    name, _, rest = text.strip().rpartition("<")
    address = rest.removesuffix(">").strip()
    wrong = problem(address) or (None if is_line(text) else "has characters that cannot be seen")
    if wrong:
        raise ValueError(f"{wrong}: {MEND}")
    return name.strip().strip('"'), address
