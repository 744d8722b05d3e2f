"""What can be said to a journey or an Instant, and whether a call of it fits."""

import ast
import dis
import inspect
from collections.abc import Mapping
from functools import lru_cache
from inspect import Parameter
from typing import Any

from thingdesk.journeys import Author
from thingdesk.loading.said import choose

_BY_NAME = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
_BY_PLACE = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)


@lru_cache
def attributes(kind: type) -> Mapping[str, Any]:
    """What the kind has by name; None for what each one gets when it is made."""
    made = dict.fromkeys(name for one in kind.__mro__ for name in _made(one))
    return made | {name: inspect.getattr_static(kind, name) for name in dir(kind)}


def _made(kind: type) -> set[str]:
    """The attributes that it gets when it is made, by this class alone."""
    init = vars(kind).get("__init__")
    lines = dis.get_instructions(init) if inspect.isfunction(init) else ()
    return {str(line.argval) for line in lines if line.opname == "STORE_ATTR"}


def is_awaited(thing: Any) -> bool:
    """Whether what it comes to has to be awaited."""
    return inspect.iscoroutinefunction(inspect.unwrap(thing)) if callable(thing) else False


def unknown(kind: type, name: str) -> str | None:
    """What to say of a name that the kind does not have."""
    known = attributes(kind)
    if name in known:
        return None
    article = "an" if kind.__name__[0] in "AEIOU" else "a"
    meant = (set(dir(kind)) - set(dir(Author))) | _made(kind)
    public = sorted(one for one in meant if not one.startswith("_"))
    return f"{article} {kind.__name__} has no {name}; {choose(name, public)}"


def misfit(call: ast.Call, verb: Any) -> str | None:
    """What is wrong with what a call gives, as far as it is written out."""
    if any(isinstance(one, ast.Starred) for one in call.args):
        return None
    names = [one.arg for one in call.keywords]
    named = [one for one in names if one is not None]
    # without the journey itself
    parameters = list(inspect.signature(verb).parameters.values())[1:]
    wrong = _wrong_name(named, parameters) or _wrong_number(len(call.args), named, parameters)
    return wrong or (None if None in names else _missing(len(call.args), named, parameters))


def _wrong_name(named: list[str], parameters: list[Parameter]) -> str | None:
    if any(one.kind is Parameter.VAR_KEYWORD for one in parameters):
        return None
    known = [one.name for one in parameters if one.kind in _BY_NAME]
    wrong = [one for one in named if one not in known]
    return f"it has no {wrong[0]!r}; {choose(wrong[0], known)}" if wrong else None


def _wrong_number(places: int, named: list[str], parameters: list[Parameter]) -> str | None:
    by_place = [one.name for one in parameters if one.kind in _BY_PLACE]
    twice = [one for one in by_place[:places] if one in named]
    if twice:
        return f"{twice[0]} is given twice; leave one out"
    if places <= len(by_place) or any(one.kind is Parameter.VAR_POSITIONAL for one in parameters):
        return None
    rest = [f"{one.name}=…" for one in parameters if one.kind is Parameter.KEYWORD_ONLY]
    mend = f"name the rest: {', '.join(rest)}" if rest else "leave out the rest"
    return f"{places} are given by place, and it takes {len(by_place)}; {mend}"


def _missing(places: int, named: list[str], parameters: list[Parameter]) -> str | None:
    given = {*[one.name for one in parameters if one.kind in _BY_PLACE][:places], *named}
    needed = [
        f"{one.name}=…"
        for one in parameters
        if one.default is Parameter.empty and one.kind in {*_BY_NAME, *_BY_PLACE}
        if one.name not in given
    ]
    return f"it needs more; write {', '.join(needed)}" if needed else None
