"""The names that packs import, with their promises."""

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from datetime import timedelta
from enum import Enum, EnumMeta
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic.fields import Field
from scripts.reference.words import Undocumented, block, page, said, table

from thingdesk import sdk

INTRO = """
A pack imports `thingdesk.sdk` and nothing else of the product: see
[the tutorial](../tutorial/first-service.md). What stops a journey is raised as
`Denied`, `Failed`, `Withdrawn` or `NotProven`: let it pass, and the journey takes back what it did
and its case ends with the reason; catch it only to go another way. `minutes(15)` and the like are
durations.
"""

# what the engine and the stores call; an author does not
HIDDEN = {
    *("as_data", "from_data", "fits", "spans", "stream", "data", "clears_at", "check_awaited"),
    *("called", "undoable_at", "wait", "is_for", "meets", "Service.code"),
}
_WIDTH = 90


def make() -> str:
    names = sorted(sdk.__all__, key=str.lower)
    return page("The sdk", INTRO, *(part for name in names for part in entry(name)))


def entry(name: str) -> Iterator[str]:
    thing = getattr(sdk, name)
    if thing is Field:
        yield f"## {name}\n\npydantic's `Field`: a field's default, bounds and description."
    elif inspect.isclass(thing):
        yield f"## {name}\n\n{said(thing, name)}"
        yield from _class(thing)
    elif inspect.isfunction(thing):
        yield f"## {name}\n\n{block(_signature(thing, name), 'python')}\n\n{said(thing, name)}"
    else:
        yield f"## {name}\n\n{constant(name)}"


def constant(name: str, path: Path | None = None) -> str:
    """The string below the name's assignment in the sdk."""
    body = ast.parse((path or Path(sdk.__file__)).read_text()).body
    for node, below in pairwise(body):
        named = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name
        if named and isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            return str(below.value.value)
    raise Undocumented(f"{name} has no words below it")


def _class(thing: type[Any]) -> Iterator[str]:
    if isinstance(thing, EnumMeta):
        yield ", ".join(f"`{one.value}`" for one in thing)
        return
    if is_dataclass(thing):
        rows = [
            (f"`{one.name}`", f"`{_type(one.type)}`", _default(one))
            for one in fields(thing)
            if one.init
        ]
        yield table(("field", "type", "default"), rows)
    elif issubclass(thing, Exception) and thing.__init__ is not Exception.__init__:
        yield block(_signature(thing, thing.__name__), "python")
    for base in thing.__mro__[1:]:
        ours = base.__module__.startswith("thingdesk.") and base.__name__ not in sdk.__all__
        if ours and is_dataclass(base):
            yield f"`{base.__name__}`: {said(base, base.__name__)}"
    yield from _methods(thing)


def _methods(thing: type[Any]) -> Iterator[str]:
    for base in reversed(thing.__mro__):
        if not base.__module__.startswith("thingdesk."):
            continue
        for name, one in vars(base).items():
            full = f"{thing.__name__}.{name}"
            if name.startswith("_") or {name, full} & HIDDEN:
                continue
            if isinstance(one, property) and one.fget:
                returned = _type(inspect.signature(one.fget).return_annotation)
                yield f"### {full}\n\n{block(f'{name}: {returned}', 'python')}\n\n{said(one, full)}"
            if not inspect.isfunction(one):
                continue
            head = block(_signature(one, name), "python")
            yield f"### {full}\n\n{head}\n\n{said(one, full)}"


def _signature(thing: Any, name: str) -> str:
    found = inspect.signature(thing)
    prefix = "async def " if inspect.iscoroutinefunction(inspect.unwrap(thing)) else ""
    parts, marked = [], False
    for one in found.parameters.values():
        if one.kind is one.KEYWORD_ONLY and not marked:
            parts.append("*")
        marked = marked or one.kind in (one.KEYWORD_ONLY, one.VAR_POSITIONAL)
        parts.append(_parameter(one))
    returned = ""
    if found.return_annotation not in (found.empty, None):
        returned = f" -> {_type(found.return_annotation)}"
    line = f"{prefix}{name}({', '.join(parts)}){returned}"
    if len(line) <= _WIDTH:
        return line
    inside = "".join(f"    {one},\n" for one in parts)
    return f"{prefix}{name}(\n{inside}){returned}"


def _parameter(one: inspect.Parameter) -> str:
    stars = (one.kind is one.VAR_POSITIONAL) + 2 * (one.kind is one.VAR_KEYWORD)
    text = "*" * stars + one.name
    if one.annotation is not one.empty:
        text += f": {_type(one.annotation)}"
    return text if one.default is one.empty else f"{text} = {_plain(one.default)}"


def _type(hint: Any) -> str:
    text = hint if isinstance(hint, str) else inspect.formatannotation(hint)
    return re.sub(r"~|\b(?:[a-z_]+\.)+(?=[A-Za-z])", "", text)


def _plain(value: Any) -> str:
    """A default as an author would write it."""
    if isinstance(value, timedelta):
        seconds = value.total_seconds()
        for name, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
            if seconds and not seconds % size:
                return f"{name}({seconds / size:g})"
        return f"timedelta(seconds={seconds:g})"
    if isinstance(value, Enum):
        return str(value.__class__.__name__) + "." + value.name
    if callable(value):
        return "as it is"
    return repr(value).replace("'", '"')


def _default(one: Any) -> str:
    if one.default is not MISSING:
        return f"`{_plain(one.default)}`"
    return "" if one.default_factory is MISSING else f"`{_plain(one.default_factory())}`"
