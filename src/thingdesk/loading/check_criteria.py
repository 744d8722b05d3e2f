"""Criteria of recovery that anything, or nothing, would prove."""

import ast
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

from thingdesk.loading.source import Sources
from thingdesk.sdk import codes_absent, in_range

_MAKERS = (in_range, codes_absent)
_LIMITS = {"low", "high"}
_UNKNOWN = object()


def check_criteria(pack: ModuleType, sources: Sources) -> Iterator[str]:
    """The criteria in a pack's code that could not be made. A journey makes them when its work is
    done, which is late to hear of a mistake: so those are made here whose limits are written out
    or have a name in the pack. What is only known in the journey is left to it.
    """
    source, names = sources.of(pack), vars(pack)
    if source is None:
        return
    for call in ast.walk(source.tree):
        if isinstance(call, ast.Call) and (maker := _value(call.func, names)) in _MAKERS:
            try:
                _make(maker, call, names)
            except (TypeError, ValueError) as error:
                yield f"{source.place(call)}: {maker.__name__}: {error}"


def _make(maker: Any, call: ast.Call, names: Mapping[str, Any]) -> None:
    """Make the criterion of this call; raises what the call would raise."""
    given = [_value(one, names) for one in call.args]
    named = {one.arg or "**": _value(one.value, names) for one in call.keywords}
    unknown = {name for name, value in named.items() if value is _UNKNOWN}
    if unknown & _LIMITS or "**" in named or any(isinstance(one, ast.Starred) for one in call.args):
        return
    maker(
        *("…" if one is _UNKNOWN else one for one in given),
        **{name: value for name, value in named.items() if name not in unknown},
    )


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
