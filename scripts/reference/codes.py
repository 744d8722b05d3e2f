"""Finds the codes that the product's modules raise, in their syntax trees."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src"
Scope = ast.FunctionDef | ast.AsyncFunctionDef
CALLS = {
    "refusals": {"refuse": "fix_input", "Refusal": "fix_input"},
    "verdicts": {"_allow": "allow", "_ask": "ask", "_deny": "deny"},
    "stops": {
        "Failed": "refused",
        "Denied": "refused",
        "Withdrawn": "withdrawn",
        "NotProven": "unverified",
    },
}
PLACES = {"refusals": "thingdesk", "verdicts": "thingdesk/mandates/decide.py"}
PLACES["stops"] = "thingdesk/journeys"
# refuse() itself makes a Refusal of what it is given, and the effect's door hands on what it got
PASSED_ON = {
    "thingdesk.platform.errors",
    "thingdesk.journeys.context",
    "thingdesk.journeys.effects",
}
_CODE, _REASON, _RECOVERY = 0, 1, 2


class Unreadable(Exception):
    """A code is made in a way that this cannot follow."""


@dataclass(frozen=True)
class Code:
    """`kind` is the recovery, the verdict's answer, or the outcome of the case."""

    code: str
    kind: str
    words: str
    module: str


def collect(what: str) -> list[Code]:
    """All codes of `refusals`, `verdicts` or `stops` in the product."""
    place = SOURCE / PLACES[what]
    paths = sorted(place.rglob("*.py")) if place.is_dir() else [place]
    return [one for path in paths for one in read(path.read_text(), _module(path), what)]


def read(text: str, module: str, what: str) -> Iterator[Code]:
    """The codes in one module's text."""
    calls, tree = CALLS[what], ast.parse(text)
    for scope, node in _nodes(tree, None):
        if isinstance(node, ast.Call) and _name(node.func) in calls:
            yield from _called(node, calls[_name(node.func)], module, (scope, tree))
        elif isinstance(node, ast.Call) and what == "refusals" and _is_check(node):
            yield Code(_text(node.args[0]), "fix_input", "", module)
        elif what == "verdicts" and isinstance(node, ast.Yield):
            pair = node.value
            if isinstance(pair, ast.Tuple):
                yield Code(_text(pair.elts[0]), "ask", _text(pair.elts[1]), module)


def _called(
    node: ast.Call, kind: str, module: str, where: tuple[Scope | None, ast.Module]
) -> Iterator[Code]:
    scope, tree = where
    if module in PASSED_ON and not isinstance(node.args[_CODE], ast.Constant):
        return
    reasons = _values(_argument(node, _REASON, "reason"), scope, tree)
    recovery = _argument(node, _RECOVERY, "recovery")
    kinds = [kind]
    if kind == "fix_input" and recovery is not None:
        kinds = [one.lower() for one in _recoveries(recovery, tree)]
    codes = [_text(one) for one in _values(node.args[_CODE], scope, tree)]
    if not codes and isinstance(imported := _imported(node.args[_CODE], module), str):
        codes = [imported]
    if not codes and scope and _is_given(node.args[_CODE], scope):
        return  # the code is named where this comes from
    if not codes or "" in codes:
        raise Unreadable(f"{module}:{node.lineno}: {ast.unparse(node.args[_CODE])} is no code")
    if len(codes) != len(reasons):
        # of several assignments to one name the last one before the call counts
        before = [one for one in reasons if one.lineno <= node.lineno]
        reasons = [before[-1] if before else ast.Constant("")] * len(codes)
    for code, reason in zip(codes, reasons, strict=True):
        yield from (Code(code, one, _text(reason), module) for one in kinds)


def _values(node: ast.expr | None, scope: Scope | None, tree: ast.Module) -> list[ast.expr]:
    """What the expression may be: itself, or what is assigned to the name that it is."""
    if node is None:
        return []
    if not isinstance(node, ast.Name):
        return [node]
    return [value for name, value in _assigned(scope or tree) if name == node.id] or [
        value for name, value in _assigned(tree) if name == node.id
    ]


def _assigned(within: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    for node in ast.walk(within):
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            if isinstance(target, ast.Name):
                yield target.id, node.value
            elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                for one, value in zip(target.elts, node.value.elts, strict=True):
                    if isinstance(one, ast.Name):
                        yield one.id, value


def _recoveries(node: ast.expr, tree: ast.Module) -> list[str]:
    """`Recovery.X`; of a name that is taken out of a table, all that the table has."""
    if isinstance(node, ast.Attribute):
        return [node.attr]
    return sorted({one.attr for one in ast.walk(tree) if _is_recovery(one)})  # type: ignore[attr-defined]


def _is_recovery(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and _name(node.value) == "Recovery"


def _is_check(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Attribute) and ast.unparse(node.func) == "bounds.check"


def _is_given(node: ast.expr, scope: Scope) -> bool:
    """Whether the name is a parameter, or what a loop goes through."""
    names = {one.arg for one in scope.args.args}
    for loop in (one for one in ast.walk(scope) if isinstance(one, ast.For)):
        names |= {one.id for one in ast.walk(loop.target) if isinstance(one, ast.Name)}
    return isinstance(node, ast.Name) and node.id in names


def _imported(node: ast.expr, module: str) -> object:
    return vars(import_module(module)).get(_name(node))


def _argument(node: ast.Call, place: int, name: str) -> ast.expr | None:
    named = {one.arg: one.value for one in node.keywords}
    return node.args[place] if len(node.args) > place else named.get(name)


def _text(node: ast.expr) -> str:
    """The text of an expression; `{}` in a code and `…` in words stand for what is filled in."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        # a code is small letters; words have spaces
        code = all("a" <= c <= "z" or c == "_" for one in _fixed(node) for c in one)
        return "".join(
            str(one.value) if isinstance(one, ast.Constant) else "{}" if code else "…"
            for one in node.values
        )
    return ""


def _fixed(node: ast.JoinedStr) -> list[str]:
    return [str(one.value) for one in node.values if isinstance(one, ast.Constant)]


def _nodes(node: ast.AST, scope: Scope | None) -> Iterator[tuple[Scope | None, ast.AST]]:
    for child in ast.iter_child_nodes(node):
        yield scope, child
        yield from _nodes(child, child if isinstance(child, Scope) else scope)


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else ""


@lru_cache
def _module(path: Path) -> str:
    name = ".".join(path.relative_to(SOURCE).with_suffix("").parts)
    return name.removesuffix(".__init__")
