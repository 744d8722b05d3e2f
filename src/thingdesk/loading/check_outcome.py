"""Services whose function never returns what it promises to."""

import ast
import inspect
from collections.abc import Iterator

from thingdesk.catalog import Service
from thingdesk.journeys import Journey
from thingdesk.loading.source import Sources

_MAY_NOT_END = (ast.Raise, ast.While)


def check_outcome(one: Service, sources: Sources) -> Iterator[str]:
    """A function that comes to its end returns None, which is refused after all has been done. What
    a decorator may return for it, and one that may end by raising, is left to the journey.
    """
    bare = inspect.unwrap(one.function) is one.function
    function = sources.function(one.function, Journey, 0) if bare else None
    if function is None or isinstance(function.node, ast.Lambda):
        return
    returned = (line for line in function.own if isinstance(line, ast.Return))
    if any(not _is_none(line.value) for line in returned):
        return
    if not any(isinstance(part, _MAY_NOT_END) for part in ast.walk(function.node.body[-1])):
        name, outcome = one.function.__name__, one.outcome.__name__
        yield f"outcome: {name} returns none; end it with return {outcome}(words=…)"


def _is_none(value: ast.expr | None) -> bool:
    return value is None or (isinstance(value, ast.Constant) and value.value is None)
