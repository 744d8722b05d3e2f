"""What the desk is made of is used by it: a definition that only tests use is taken away."""

import ast
from collections.abc import Iterator, Sequence

from tests.architecture.source import Source, sources

Name = tuple[str, str]
TESTS_ONLY = {
    ("thingdesk.journeys.instant", "remembered"): "what instant services keep, seen from outside",
    ("thingdesk.platform.clock", "Turnable"): "a clock that a test turns",
    ("thingdesk.platform.cloudevents", "canonical_hash"): "examples of the reference have it",
}
BY_NAME = {"SERVICES", "RULES"}
"""What `loading` reads of a pack."""


def unused(read: Sequence[Source]) -> list[str]:
    """What stands at the top of a module and is named nowhere else than in an `__init__`, but that
    of the library for makers, whose names are for others.
    """
    exports: dict[Name, Name] = {}
    used: set[Name] = set()
    anywhere = set(BY_NAME)  # attributes of values that are no module known by name
    for source in read:
        modules: dict[str, str] = {}
        front = source.path.endswith("__init__.py") and source.is_in("thingdesk")
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ImportFrom):
                for one in node.names:
                    name, origin = one.asname or one.name, (node.module or "", one.name)
                    modules[name] = ".".join(origin)
                    exports |= {(source.module, name): origin} if front else {}
                    used |= set() if front else {origin}
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Attribute):
                of = modules.get(node.value.id) if isinstance(node.value, ast.Name) else None
                used |= {(of, node.attr)} if of else set()
                anywhere |= set() if of else {node.attr}
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                used.add((source.module, node.id))
    used = {_origin(one, exports) for one in used}
    return [
        f"{source.path}:{line}: {name} is used by nothing but tests"
        for source in read
        for name, line in _defined(source.tree)
        if name not in anywhere and (source.module, name) not in used | TESTS_ONLY.keys()
    ]


def _origin(name: Name, exports: dict[Name, Name]) -> Name:
    while exports.get(name, name) != name:
        name = exports[name]
    return name


def _defined(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield node.name, node.lineno
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if not node.decorator_list:
                yield node.name, node.lineno
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for one in targets:
                if isinstance(one, ast.Name) and not one.id.startswith("__"):
                    yield one.id, node.lineno


def test_the_desk_uses_what_it_is_made_of() -> None:
    assert unused(sources("src")) == []


def test_what_only_tests_use_is_found() -> None:
    front = Source("src/thingdesk/a/__init__.py", "from thingdesk.a.b import dead, used\n")
    module = Source("src/thingdesk/a/b.py", "def dead(): ...\ndef used(): ...\n_LEFT = 1\n")
    user = Source("src/thingdesk/c.py", "from thingdesk import a\n\nx = a.used()\nprint(x)\n")
    assert unused([front, module, user]) == [
        "src/thingdesk/a/b.py:1: dead is used by nothing but tests",
        "src/thingdesk/a/b.py:3: _LEFT is used by nothing but tests",
    ]
