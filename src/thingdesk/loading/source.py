"""The code of authors as it is written: its functions, and where in them the journey is."""

import ast
import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeGuard

_DEFS = (ast.FunctionDef, ast.AsyncFunctionDef)
_SCOPES = (*_DEFS, ast.Lambda)
Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A file that was read; `parents` has what each of its nodes stands in."""

    file: str
    tree: ast.Module
    parents: Mapping[ast.AST, ast.AST]

    def place(self, node: ast.expr | ast.stmt) -> str:
        return f"{self.file}:{node.lineno}"


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function of an author: what its names stand for outside of it, and which of its parameters
    is the journey, or the Instant: a `kind`.
    """

    source: Source
    node: Scope
    outside: Mapping[str, Any]
    parameters: frozenset[str]
    kind: type

    @property
    def loads(self) -> Iterator[ast.Name]:
        """Where the journey is named."""
        return _loads(self.node, self.parameters, self.kind)

    @property
    def own(self) -> Iterator[ast.AST]:
        """All of it but what is written in functions within it."""
        return _own(self.node)

    def nested(self, name: str) -> Scope | None:
        """The function of this name that is written in this one."""
        found = (one for one in ast.walk(self.node) if isinstance(one, _DEFS) and one.name == name)
        return next((one for one in found if one is not self.node), None)

    def meant(self, node: ast.expr) -> Any:
        """What a name, or a dotted one, stands for outside of the function; None if unknown."""
        match node:
            case ast.Name(name):
                return None if name in _stored(self.node) else self.outside.get(name)
            case ast.Attribute(value, name):
                return getattr(self.meant(value), name, None)
        return None


class Sources:
    """Files, each read once."""

    def __init__(self) -> None:
        self._read: dict[str, Source | None] = {}

    def of(self, thing: Any) -> Source | None:
        """The file in which a module or function is written; None where there is none to read."""
        try:
            file = inspect.getsourcefile(thing)
            if file is not None and file not in self._read:
                lines, _ = inspect.findsource(thing)
                self._read[file] = _source(file, "".join(lines))
        except (OSError, TypeError, SyntaxError):
            return None
        return self._read[file] if file else None

    def function(self, thing: Any, kind: type, place: int | str | None = None) -> Function | None:
        """A function as it is written. The parameter at `place`, by number or name, is the journey,
        or those are that say so by their types.
        """
        found = self.called(thing, kind)
        if found is None:
            return None
        named = named_parameter(found.node, place) if place is not None else None
        names = frozenset({named} if named else _annotated(found.node, kind))
        return replace(found, parameters=names) if names else None

    def called(self, thing: Any, kind: type) -> Function | None:
        """An author's function as it is written, whatever it gets."""
        thing = inspect.unwrap(thing)
        source = self.of(thing) if inspect.isfunction(thing) else None
        node = _find(source.tree, thing.__code__) if source else None
        return (
            Function(source, node, _outside(thing), frozenset(), kind) if source and node else None
        )


def named_parameter(node: Scope, place: int | str) -> str | None:
    """The name of a parameter that is given by number or by name."""
    by_number = [one.arg for one in (*node.args.posonlyargs, *node.args.args)]
    if isinstance(place, int):
        return by_number[place] if place < len(by_number) else None
    return place if place in {*by_number, *(one.arg for one in node.args.kwonlyargs)} else None


def _source(file: str, text: str) -> Source:
    tree = ast.parse(text)
    parents = {child: one for one in ast.walk(tree) for child in ast.iter_child_nodes(one)}
    return Source(Path(file).name, tree, parents)


def _find(tree: ast.Module, code: Any) -> Scope | None:
    for one in ast.walk(tree):
        if isinstance(one, _DEFS) and one.name == code.co_name:
            first = min([one.lineno, *(decorator.lineno for decorator in one.decorator_list)])
            if first == code.co_firstlineno:
                return one
    return None


def _outside(function: Any) -> Mapping[str, Any]:
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    return {**function.__globals__, **{name: _content(cell) for name, cell in cells}}


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # it is not filled yet
        return None


def _loads(node: Scope, given: frozenset[str], kind: type) -> Iterator[ast.Name]:
    own = list(_own(node))
    names = _journeys(own, given)
    for one in own:
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load) and one.id in names:
            yield one
        elif isinstance(one, _SCOPES):
            yield from _loads(one, (names - _parameters(one)) | _annotated(one, kind), kind)


def _own(node: Scope) -> Iterator[ast.AST]:
    """What runs when the function does: of functions in it, their defaults and decorators."""
    todo: list[ast.AST] = list(node.body) if isinstance(node.body, list) else [node.body]
    while todo:
        one = todo.pop(0)
        yield one
        if isinstance(one, _SCOPES):
            given: Sequence[ast.expr | None] = [*one.args.defaults, *one.args.kw_defaults]
            inner: list[ast.AST] = [value for value in given if value]
            inner += one.decorator_list if isinstance(one, _DEFS) else []
        else:
            inner = list(ast.iter_child_nodes(one))
        todo[:0] = inner


def _journeys(own: Sequence[ast.AST], given: frozenset[str]) -> frozenset[str]:
    """The names that are the journey and nothing else in a function: other names of it, too."""
    names = set(given)
    pairs = [pair for one in own if (pair := _alias(one))]
    for target, name in pairs:
        if name in names:
            names.add(target.id)
    same = {target for target, name in pairs if name in names}
    return frozenset(names - {one.id for one in own if _is_stored(one) and one not in same})


def _alias(node: ast.AST) -> tuple[ast.Name, str] | None:
    match node:
        case ast.Assign([ast.Name() as target], ast.Name(name)):
            return target, name
        case ast.AnnAssign(ast.Name() as target, _, ast.Name(name)):
            return target, name
    return None


def _is_stored(node: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)


def _stored(node: Scope) -> set[str]:
    stored = {one.id for one in ast.walk(node) if _is_stored(one)}
    return stored | _parameters(node)


def _parameters(node: Scope) -> frozenset[str]:
    given = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
    more = (node.args.vararg, node.args.kwarg)
    return frozenset(one.arg for one in (*given, *more) if one)


def _annotated(node: Scope, kind: type) -> frozenset[str]:
    given = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
    return frozenset(one.arg for one in given if _last(one.annotation) == kind.__name__)


def _last(annotation: ast.expr | None) -> str | None:
    """`Journey` of `Journey`, `sdk.Journey` and `"Journey"`."""
    match annotation:
        case ast.Name(name) | ast.Attribute(_, name):
            return name
        case ast.Constant(str() as text):
            return text.rpartition(".")[2]
    return None
