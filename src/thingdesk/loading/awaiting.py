"""Whether what a call comes to may still be awaited, as far as the code shows."""

import ast
from collections.abc import Callable

from thingdesk.loading.source import Function

_NEVER = (ast.Expr, ast.Subscript, ast.Compare, ast.BinOp, ast.UnaryOp, ast.FormattedValue)
_NOR_THESE = (ast.If, ast.While, ast.Assert, ast.For, ast.AsyncFor, ast.comprehension)
_OF_COROUTINES = {"send", "throw", "close"}


def is_forgotten(function: Function, call: ast.Call, keeps: Callable[[ast.Call], bool]) -> bool:
    """Whether nobody can await this call. `keeps`: the call that it is given to awaits nothing."""
    return not _Look(function, keeps).goes_on(call)


class _Look:
    def __init__(self, function: Function, keeps: Callable[[ast.Call], bool]) -> None:
        self._function = function
        self._keeps = keeps
        self._names: set[str] = set()

    def goes_on(self, node: ast.AST) -> bool:
        """Whether the value of this expression may be awaited later; True if it cannot be told."""
        parent = self._parent(node)
        match parent:
            case ast.Attribute(_, name):
                goes = name in _OF_COROUTINES or name.startswith("cr_")
            case ast.Call() | ast.keyword():
                call = parent if isinstance(parent, ast.Call) else self._parent(parent)
                goes = not (isinstance(call, ast.Call) and self._keeps(call))
            case ast.IfExp(test) if test is node:
                goes = False
            case ast.BoolOp() | ast.IfExp():
                goes = self.goes_on(parent)
            case ast.Assign([ast.Name(name)]) | ast.AnnAssign(ast.Name(name)):
                goes = self._named(name)
            case ast.NamedExpr(ast.Name(name)):
                goes = self.goes_on(parent) or self._named(name)
            case _:
                goes = not isinstance(parent, _NEVER + _NOR_THESE)
        return goes

    def _parent(self, node: ast.AST) -> ast.AST:
        return self._function.source.parents[node]

    def _named(self, name: str) -> bool:
        if name in self._names:
            return False
        self._names.add(name)
        return any(
            self.goes_on(one)
            for one in ast.walk(self._function.node)
            if isinstance(one, ast.Name) and one.id == name and isinstance(one.ctx, ast.Load)
        )
