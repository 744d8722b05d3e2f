"""The one way to write an event, so that both sides compute the same hash of it: RFC 8785 (JSON
Canonicalization Scheme). Names are sorted by their UTF-16 code units, there are no blanks, text is
UTF-8, and a number is spelled as ECMAScript spells it.
"""

import json
import math
import re
from decimal import Decimal
from typing import Any

from thingdesk_machine.errors import NotSendable

MAX_DEPTH = 16
# the desk takes tab and line ends alone
_UNPRINTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_EXACT = range(-(2**53) + 1, 2**53)
_POSITIONAL = range(-6, 21)
_plainly = json.JSONEncoder(ensure_ascii=False).encode


def canonical(value: Any) -> bytes:
    """Raises NotSendable for what the desk cannot read, or would read as something else."""
    _check(value, 0)
    try:
        return _write(value).encode()
    except UnicodeEncodeError as error:
        raise NotSendable(f"a text cannot be written as UTF-8: {error}") from error


def _write(value: Any) -> str:
    if isinstance(value, dict):
        names = sorted(value, key=_units)
        return f"{{{','.join([f'{_plainly(name)}:{_write(value[name])}' for name in names])}}}"
    if isinstance(value, list | tuple):
        return f"[{','.join([_write(one) for one in value])}]"
    return _number(value) if isinstance(value, float) else _plainly(value)


def _units(name: str) -> bytes:
    return name.encode("utf-16-be")


def _number(value: float) -> str:
    """As ECMAScript's Number::toString (ECMA-262, 6.1.6.1.20) does: the shortest digits that read
    back as the same number, with an exponent below 1e-6 and from 1e21 on.
    """
    text = float.__repr__(value)
    if "e" not in text:
        return text.removesuffix(".0") if value else "0"
    digits, _, power = text.partition("e")
    exponent = int(power)
    return f"{Decimal(text):f}" if exponent in _POSITIONAL else f"{digits}e{exponent:+}"


def _check(value: Any, level: int) -> None:
    if isinstance(value, dict | list | tuple):
        if level == MAX_DEPTH:
            raise NotSendable(f"the content is nested deeper than {MAX_DEPTH} levels")
        if isinstance(value, dict) and not all(isinstance(name, str) for name in value):
            raise NotSendable("the names in an object are texts")
        for item in (*value, *value.values()) if isinstance(value, dict) else value:
            _check(item, level + 1)
    elif value is not None:
        _check_plain(value)


def _check_plain(value: Any) -> None:
    if isinstance(value, str):
        if _UNPRINTED.search(value):
            raise NotSendable(f"a text has control characters: {value[:64]!r}")
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise NotSendable(f"{value} is no number that JSON can hold")
    elif isinstance(value, int):
        if value not in _EXACT:
            raise NotSendable(f"{value} needs more than 53 bits: send it as a float or as text")
    else:
        raise NotSendable(f"{type(value).__name__} is nothing that JSON can hold")
