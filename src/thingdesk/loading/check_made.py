"""What the code of a pack makes in its journeys, and could not be made."""

import ast
from collections.abc import Iterator, Mapping
from datetime import timedelta
from types import ModuleType
from typing import Any

from thingdesk.loading.source import Sources
from thingdesk.sdk import Money, OwnerPicks, codes_absent, in_range

_STAND_INS: tuple[tuple[Any, Mapping[str, Any]], ...] = (
    (in_range, {"metric": "…"}),
    (codes_absent, {}),
    (Money, {"minor": 0, "currency": "EUR"}),
    (OwnerPicks, {"within": timedelta(hours=1), "words": "…"}),
)
"""What is looked at, and what stands in there for what only the journey knows."""
_LIMITS = {"low", "high"}
_UNKNOWN = object()


def check_made(pack: ModuleType, sources: Sources) -> Iterator[str]:
    """The criteria, amounts and choices of a time in a pack's code that could not be made. A
    journey makes them when it comes to them, which is late to hear of a mistake: so they are made
    here of what is written out or has a name in the pack. The rest is left to the journey.
    """
    source, names = sources.of(pack), vars(pack)
    if source is None:
        return
    for call in ast.walk(source.tree):
        if not isinstance(call, ast.Call):
            continue
        called = _value(call.func, names)
        for maker, stand_ins in _STAND_INS:
            if called is maker and (wrong := _wrong(maker, call, names, stand_ins)):
                yield f"{source.place(call)}: {maker.__name__}: {wrong}"


def _wrong(
    maker: Any, call: ast.Call, names: Mapping[str, Any], stand_ins: Mapping[str, Any]
) -> str | None:
    """Make what this call makes; what it would raise."""
    given = [_value(one, names) for one in call.args]
    named = {one.arg or "**": _value(one.value, names) for one in call.keywords}
    unknown = {name for name, value in named.items() if value is _UNKNOWN}
    if unknown & _LIMITS or "**" in named or any(isinstance(one, ast.Starred) for one in call.args):
        return None
    for name in unknown:
        del named[name]
        if name in stand_ins:
            named[name] = stand_ins[name]
    by_place = list(stand_ins.values()) + ["…"] * len(given)
    try:
        maker(
            *(
                other if one is _UNKNOWN else one
                for one, other in zip(given, by_place, strict=False)
            ),
            **named,
        )
    except (TypeError, ValueError) as error:
        return str(error)
    return None


def _value(node: ast.expr, names: Mapping[str, Any]) -> Any:
    """What stands there, a constant or a name of the pack; _UNKNOWN if it is computed."""
    match node:
        case ast.Constant(value):
            return value
        case ast.Name(name):
            return names.get(name, _UNKNOWN)
        case ast.Attribute(ast.Name(module), name):
            return getattr(names.get(module), name, _UNKNOWN)
        case ast.UnaryOp(ast.USub(), ast.Constant(int() | float() as value)):
            return -value
        case _:
            return _UNKNOWN
