"""Fields that the code of a pack names, of inputs and outcomes that have no such ones."""

import ast
from collections.abc import Iterator
from types import ModuleType
from typing import Any, TypeGuard

from thingdesk.catalog import Service
from thingdesk.journeys import Journey
from thingdesk.loading.said import choose
from thingdesk.loading.source import Sources, named_parameter
from thingdesk.sdk import Data


def check_fields(pack: ModuleType, sources: Sources) -> Iterator[str]:
    """Where an input or outcome is made with other fields than it has, or without one it needs."""
    source = sources.of(pack)
    for call in ast.walk(source.tree) if source else ():
        if source and isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
            made = vars(pack).get(call.func.id)
            if _is_plain(made) and (wrong := _misfit(call, made)):
                yield f"{source.place(call)}: {call.func.id}: {wrong}"


def check_input(one: Service, sources: Sources) -> Iterator[str]:
    """Where its function reads what its input does not have."""
    function = sources.function(one.function, Journey, 0)
    name = named_parameter(function.node, 1) if function else None
    if function is None or name is None or not _is_plain(one.input):
        return
    named = [part for part in ast.walk(function.node) if isinstance(part, ast.Name)]
    if any(part.id == name and not isinstance(part.ctx, ast.Load) for part in named):
        return
    fields = one.input.model_fields
    for part in function.own:
        match part:
            case ast.Attribute(ast.Name(of), field) if of == name and not hasattr(one.input, field):
                if field not in fields:
                    said = f"{one.input.__name__} has no {field}; {choose(field, fields)}"
                    yield f"{function.source.place(part)}: {name}.{field}: {said}"


def _is_plain(made: Any) -> TypeGuard[type[Data]]:
    """Whether its fields are all that can be given to it, by their names."""
    if not (isinstance(made, type) and issubclass(made, Data)):
        return False
    aliased = any(one.validation_alias or one.alias for one in made.model_fields.values())
    own = any("__init__" in vars(one) for one in made.__mro__ if issubclass(one, Data))
    changed = (
        made.__pydantic_decorators__.model_validators or made.model_config["extra"] != "forbid"
    )
    return not (aliased or own or changed)


def _misfit(call: ast.Call, made: type[Data]) -> str | None:
    given = [one.arg for one in call.keywords]
    if None in given or any(isinstance(one, ast.Starred) for one in call.args):
        return None
    fields = made.model_fields
    for name in given:
        if name not in fields:
            return f"it has no {name!r}; {choose(str(name), fields)}"
    if call.args:
        return f"its fields are given by name: {', '.join(f'{one}=…' for one in fields)}"
    needed = [name for name, one in fields.items() if one.is_required() and name not in given]
    return f"it needs more; write {', '.join(f'{one}=…' for one in needed)}" if needed else None
