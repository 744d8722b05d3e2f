"""The one way to write an event, so that both sides compute the same hash of it.

Sorted names, no spaces, UTF-8, floats as Python writes them: the shortest text that reads back as
the same float, with an exponent below 1e-4 and from 1e16 on, of two digits at least (1e-05, 1e+16).
"""

import json
import math
import re
from typing import Any

from thingdesk_machine.errors import NotSendable

MAX_DEPTH = 16
# the desk takes tab and line ends alone
_UNPRINTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_INTEGERS = range(-(2**63), 2**63)


def canonical(value: Any) -> bytes:
    """Raises NotSendable for what the desk cannot read, or would read as something else."""
    _check(value, 0)
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise NotSendable(f"a text cannot be written as UTF-8: {error}") from error


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
        if value not in _INTEGERS:
            raise NotSendable(f"{value} needs more than 64 bits: send it as a float or as text")
    else:
        raise NotSendable(f"{type(value).__name__} is nothing that JSON can hold")
