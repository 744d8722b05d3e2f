"""What may be stored of text and JSON that comes from outside: bounded, finite, printable. Pure."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from thingdesk.platform.errors import FieldError, Recovery, refuse

MOST_BYTES = 16 * 1024
MOST_DEPTH = 8
MOST_CHARACTERS = 4000
# control characters but for tab and line ends, and halves of surrogate pairs
_UNPRINTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def check(code: str, *problems: Iterator[FieldError]) -> None:
    """Raise a refusal with `code` when there is any problem."""
    found = tuple(one for some in problems for one in some)
    if found:
        raise refuse(code, f"{found[0].path} {found[0].problem}", Recovery.FIX_INPUT, found)


def text(path: str, value: object, most: int = MOST_CHARACTERS) -> Iterator[FieldError]:
    """What is wrong with a text."""
    if not isinstance(value, str):
        yield FieldError(path, "is no text", "send a string")
    elif len(value) > most:
        yield FieldError(path, f"has {len(value)} characters", f"send {most} at most")
    elif not _plain(value):
        yield FieldError(path, "has control characters", "leave them out")


def document(path: str, value: object, most: int = MOST_BYTES) -> Iterator[FieldError]:
    """What is wrong with a JSON object: at most `most` bytes and `MOST_DEPTH` levels."""
    if not isinstance(value, Mapping):
        yield FieldError(path, "is no object", "send a JSON object")
        return
    problem = _problem(value)
    if problem is None and len(orjson.dumps(value)) > most:
        problem = f"is larger than {most} bytes"
    if problem:
        yield FieldError(path, problem, "send a smaller, plain JSON object")


def _problem(value: object) -> str | None:
    # a stack and no recursion: depth is one of the things that may be wrong
    waiting: list[tuple[object, int]] = [(value, 1)]
    while waiting:
        one, depth = waiting.pop()
        if depth > MOST_DEPTH:
            return f"is nested deeper than {MOST_DEPTH} levels"
        if not _storable(one):
            return "holds a value that JSON cannot carry or that cannot be stored"
        waiting += [(inner, depth + 1) for inner in _inside(one)]
    return None


def _inside(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [*value, *value.values()]
    return list(value) if isinstance(value, list | tuple) else []


def _storable(value: object) -> bool:
    match value:
        case str():
            return _plain(value)
        case float():
            return math.isfinite(value)
        case bool() | None:
            return True
        case int():
            return abs(value) < 2**53
        case Mapping():
            return all(isinstance(key, str) for key in value)
        case _:
            return isinstance(value, list | tuple)


def _plain(value: str) -> bool:
    return _UNPRINTED.search(value) is None
