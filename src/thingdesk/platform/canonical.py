"""JSON in one way: RFC 8785 (JSON Canonicalization Scheme), so that a machine in any language
computes the same hash as the desk.

Names are sorted by their UTF-16 code units, there are no blanks, text is UTF-8, and a number is the
double that it reads as, spelled as ECMAScript does. So does orjson, but for few numbers and names.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson

EXACT = range(-(2**53) + 1, 2**53)
"""The integers that a double tells from all others."""
_POSITIONAL = range(-6, 21)
_ALIKE = 1e-5
# names with such may come in another order by their UTF-8 than by UTF-16
_BEYOND = re.compile(rb"[\xf0-\xf4]")


def canonical(value: Mapping[str, Any], by_orjson: bytes | None = None) -> bytes:
    """`by_orjson` is what `sorted_json` made of it, where that is at hand."""
    text = by_orjson or sorted_json(value)
    if not text.isascii() and _BEYOND.search(text):
        return orjson.dumps(_ordered(_spelled(value)))
    return sorted_json(_spelled(value)) if _may_differ(text) else text


def _may_differ(text: bytes) -> bool:
    """Whether it may have a number that orjson spells otherwise than ECMAScript: 1.0 and not 1,
    1e-6 and not 0.000001, 1e+16 and not 10000000000000000.
    """
    return b".0," in text or b".0}" in text or b".0]" in text or b"e-6" in text or b"e+" in text


def sorted_json(value: Mapping[str, Any]) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def number(value: float) -> str:
    """As ECMAScript's Number::toString (ECMA-262, 6.1.6.1.20) writes a finite number."""
    text = repr(value)
    if "e" not in text:
        return text.removesuffix(".0") if value else "0"
    digits, _, power = text.partition("e")
    exponent = int(power)
    return f"{Decimal(text):f}" if exponent in _POSITIONAL else f"{digits}e{exponent:+}"


def _spelled(value: Any) -> Any:
    """With each number so that orjson spells it as ECMAScript does."""
    if isinstance(value, dict):
        return {name: _spelled(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_spelled(one) for one in value]
    if not isinstance(value, float):
        return value
    if value.is_integer() and int(value) in EXACT:
        return int(value)
    return value if _ALIKE < abs(value) < EXACT.stop else orjson.Fragment(number(value))


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _ordered(value[name]) for name in sorted(value, key=_units)}
    return [_ordered(one) for one in value] if isinstance(value, list) else value


def _units(name: str) -> bytes:
    return name.encode("utf-16-be")
