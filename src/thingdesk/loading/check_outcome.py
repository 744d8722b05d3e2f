"""Services whose function does not return what it promises to."""

import ast
import inspect
from collections.abc import Iterator, Sequence

from thingdesk.catalog import Service
from thingdesk.journeys import Journey
from thingdesk.loading.source import Function, Sources

_MAY_NOT_END = (ast.Raise, ast.While)
_PLAIN = (ast.Constant, ast.Dict, ast.List, ast.Tuple, ast.Set, ast.JoinedStr)


def check_outcome(one: Service, sources: Sources) -> Iterator[str]:
    """A function that comes to its end returns None, which is refused after all has been done, and
    so is what is no outcome. What a decorator may return for it, and one that may end by raising,
    is left to the journey.
    """
    function = _own(one, sources)
    if function is None or isinstance(function.node, ast.Lambda):
        return
    mend = f"return {one.outcome.__name__}(words=…)"
    returned = [line for line in function.own if isinstance(line, ast.Return)]
    if any(not _is_none(line.value) for line in returned):
        for line in returned:
            if line.value is None or isinstance(line.value, _PLAIN):
                place = function.source.place(line)
                yield f"outcome: {place}: {ast.unparse(line)}: that is none; {mend}"
    elif not any(isinstance(part, _MAY_NOT_END) for part in ast.walk(function.node.body[-1])):
        yield f"outcome: {one.function.__name__} returns none; end it with {mend}"


def check_end(one: Service, sources: Sources) -> Iterator[str]:
    """A hint, where a function that returns an outcome may come to its end without one."""
    function = _own(one, sources)
    if function is None or isinstance(function.node, ast.Lambda):
        return
    last = function.node.body[-1]
    if any(isinstance(line, ast.Return) for line in function.own) and _falls(function.node.body):
        place = function.source.place(last)
        yield (
            f"outcome: {place}: {one.function.__name__} may come to its end here, and returns none"
            f" then; end it with return {one.outcome.__name__}(words=…)"
        )


def _own(one: Service, sources: Sources) -> Function | None:
    bare = inspect.unwrap(one.function) is one.function
    return sources.function(one.function, Journey, 0) if bare else None


def _is_none(value: ast.expr | None) -> bool:
    return value is None or (isinstance(value, ast.Constant) and value.value is None)


def _falls(body: Sequence[ast.stmt]) -> bool:
    """Whether what follows these lines may be reached; False where it cannot be told."""
    match body[-1] if body else None:
        case ast.Return() | ast.Raise() | ast.While() | ast.Match() | ast.Assert():
            return False
        case ast.With() | ast.AsyncWith() as one:
            return _falls(one.body)
        case ast.If() as one:
            return not one.orelse or _falls(one.body) or _falls(one.orelse)
        case ast.Try() as one:
            ends = (one.orelse or one.body, *(handler.body for handler in one.handlers))
            return (not one.finalbody or _falls(one.finalbody)) and any(map(_falls, ends))
        case ast.For() | ast.AsyncFor() as one:
            return not any(isinstance(part, ast.Return | ast.Raise) for part in ast.walk(one))
    return True
