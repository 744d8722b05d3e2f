"""Whether what is written out in a call of a journey's verb fits."""

import ast
import inspect
from collections.abc import Iterator
from datetime import timedelta
from inspect import Parameter
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from thingdesk import sdk
from thingdesk.journeys import Choice
from thingdesk.loading.said import choose
from thingdesk.loading.source import Function
from thingdesk.platform import durations

_MANY = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
_MENDS = {
    sdk.Criterion: "write in_range(…) or codes_absent(…)",
    Choice: "write choose(…)",
    timedelta: durations.MEND,
    sdk.Money: 'write Money(2000, "EUR") for 20 euros: in minor units, such as cents',
}
_SPANS = (sdk.minutes, sdk.hours, sdk.days)


def unfit(call: ast.Call, verb: Any, function: Function) -> str | None:
    """What does not fit of the texts and numbers that a call gives, and of the alternatives of a
    question that is made in it. Its names and places are right: see `verbs.misfit`.
    """
    if any(isinstance(one, ast.Starred) for one in call.args):
        return None
    given, hints = dict(_given(call, verb)), get_type_hints(verb)
    wrong = (_wrong_kind(name, value, hints[name]) for name, value in given.items())
    found = next(filter(None, wrong), None)
    return found or _wrong_default(given, function) or _wrong_hold(given, function)


def _given(call: ast.Call, verb: Any) -> Iterator[tuple[str, ast.expr]]:
    """What is given for each parameter that has one value."""
    parameters = list(inspect.signature(verb).parameters.values())[1:]  # without the journey itself
    single = [one.name for one in parameters if one.kind not in _MANY]
    if not any(one.kind is Parameter.VAR_POSITIONAL for one in parameters):
        yield from zip(single, call.args, strict=False)
    yield from ((one.arg, one.value) for one in call.keywords if one.arg in single)


def _wrong_kind(name: str, value: ast.expr, hint: Any) -> str | None:
    fitting = _kinds(hint)
    if not isinstance(value, ast.Constant) or not fitting or isinstance(value.value, fitting):
        return None
    wanted = next(one for one in fitting if one is not NoneType)
    article = "an" if wanted.__name__[0] in "AEIOUaeiou" else "a"
    mend = f"; {_MENDS[wanted]}" if wanted in _MENDS else ""
    return f"{name} is {value.value!r}, and not {article} {wanted.__name__}{mend}"


def _kinds(hint: Any) -> tuple[type, ...]:
    """The classes that a value may have; none where anything may do, or that cannot be told."""
    kinds = get_args(hint) if get_origin(hint) in {Union, UnionType} else (hint,)
    return kinds if all(isinstance(one, type) and one is not Any for one in kinds) else ()


def _wrong_default(given: dict[str, ast.expr], function: Function) -> str | None:
    choice, default = given.get("choice"), given.get("default")
    if not isinstance(choice, ast.Call) or function.meant(choice.func) is not sdk.choose:
        return None
    known = [one.arg for one in choice.keywords if one.arg not in {None, "words"}]
    if any(one.arg is None for one in choice.keywords):
        return None
    match default:
        case ast.Constant(str() as named) if named not in known:
            alternatives = [str(one) for one in known]
            return f"default is {named!r}, and no alternative; {choose(named, alternatives)}"
    return None


def _wrong_hold(given: dict[str, ast.expr], function: Function) -> str | None:
    hold, within = (_span(given.get(name), function) for name in ("hold", "within"))
    if hold is None or within is None or hold < within:
        return None
    spans = f"hold is {ast.unparse(given['hold'])}, within {ast.unparse(given['within'])}"
    return f"{spans}: it can never be proven; make within longer"


def _span(node: ast.expr | None, function: Function) -> timedelta | None:
    """The duration that is written out there."""
    match node:
        case ast.Call(called, [ast.Constant(int() | float() as number)], []):
            maker = function.meant(called)
            return maker(number) if maker in _SPANS else None
    return None
