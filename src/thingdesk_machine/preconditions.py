"""What must hold on the machine before a command is carried out."""

from collections.abc import Mapping
from typing import Any

_NOTHING = object()


def unmet(conditions: Mapping[str, Any], state: Mapping[str, Any]) -> list[str]:
    """Every condition that does not hold, in words; empty when the command may run.

    What is not known does not hold: a missing value, a value of another kind and a condition
    that this version has never heard of all count as unmet.
    """
    return [
        problem
        for name, bounds in conditions.items()
        for problem in _problems(name, bounds, state.get(name, _NOTHING))
    ]


def _problems(name: str, bounds: Any, value: Any) -> list[str]:
    if not isinstance(bounds, Mapping) or not bounds:
        return [f"the condition on {name} cannot be understood"]
    if value is _NOTHING:
        return [f"{name} is not known"]
    return [
        f"{name} is {value!r}, needed is {operator} {bound!r}"
        for operator, bound in bounds.items()
        if not _holds(operator, value, bound)
    ]


def _holds(operator: str, value: Any, bound: Any) -> bool:
    if operator == "equals":
        return _same_number(value, bound) or (type(value) is type(bound) and bool(value == bound))
    if not (_number(value) and _number(bound)):
        return False
    if operator == "min":
        return bool(value >= bound)
    if operator == "max":
        return bool(value <= bound)
    return False


def _same_number(value: Any, bound: Any) -> bool:
    return _number(value) and _number(bound) and bool(value == bound)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
