"""Trouble codes in one form, however a machine writes them. Pure.

A code is that of SAE J2012: P, C, B or U, a digit from 0 to 3, three hexadecimal digits. Behind it
may stand the failure type (a byte), the status (a byte) and a word of that: `P0301-00`, `p030100`,
`P0301:00-28`, `P0301:pending`. All of these say P0301. Codes of other kinds are nobody's to change.
"""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

_CODE = r"[PCBU][0-3][0-9A-F]{3}"
_STATUS = "PENDING|STORED|CONFIRMED|PERMANENT|ACTIVE|CURRENT"
_PLAIN = re.compile(_CODE)
_WRITTEN = re.compile(
    rf"({_CODE})(?:[-: ]?[0-9A-F]{{2}})?(?:[-: ][0-9A-F]{{2}})?(?:[-:/ ]? ?\(?(?:{_STATUS})\)?)?"
)
# one character of a pattern, or a set of them; then the pattern has all five, or a star
_DIGIT, _HEX = r"(?:[0-3?]|\[[^]]+\])", r"(?:[0-9A-F?]|\[[^]]+\])"
_PATTERN = re.compile(
    rf"(?:[PCBU]|\[[PCBU]+\])(?:\*.*|{_DIGIT}(?:{_HEX}{{3}}|{_HEX}{{0,3}}\*.*))", re.DOTALL
)


def one_form(code: str) -> str:
    """The code alone, such as `P0301`; what does not read as one is left as it is."""
    read = _WRITTEN.fullmatch(code.strip().upper())
    return read[1] if read else code


def is_trouble_code(code: str) -> bool:
    """Whether it is a code of SAE J2012, in the one form."""
    return _PLAIN.fullmatch(code) is not None


def fits(code: str, patterns: Iterable[str]) -> bool:
    """Whether the code, in the one form, is any of these; `P03*` stands for all that begin so."""
    return any(fnmatchcase(code, one_form(one)) for one in patterns)


def is_absent(codes: Iterable[str], patterns: Iterable[str]) -> bool | None:
    """Whether codes that were read leave out what is looked for; None where that is not known.

    A code that cannot be read may be the one looked for, written in another way: where that is a
    code of SAE J2012, it proves nothing. Codes of other kinds are taken by their letters.
    """
    said, looked_for = tuple(codes), tuple(one_form(one) for one in patterns)
    if any(fits(one, looked_for) for one in said):
        return False
    if all(map(is_trouble_code, said)):
        return True
    return None if any(map(_PATTERN.fullmatch, looked_for)) else True
