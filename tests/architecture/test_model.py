"""`model.py` is pure: frozen dataclasses, enums, state machines; no I/O and no framework. So is
whatever of ours it imports.
"""

import ast
from collections.abc import Mapping

import pytest
from tests.architecture.source import Source, dotted, sources

PURE = {
    "abc", "bisect", "collections", "copy", "dataclasses", "datetime", "decimal", "enum",
    "fnmatch", "fractions", "functools", "hashlib", "heapq", "itertools", "json", "math",
    "operator", "re", "statistics", "string", "types", "typing", "unicodedata", "uuid", "zlib",
    "zoneinfo",
}  # fmt: skip
INPUT_OUTPUT = {"open", "print", "input", "exec", "eval"}
KINDS = ("Enum", "StrEnum", "IntEnum", "Flag", "IntFlag", "NamedTuple", "Protocol", "TypedDict")


def impurities(source: Source, ours: Mapping[str, Source]) -> list[str]:
    """What makes this module more than nouns; `ours` are the project's modules by name."""
    found = [f"{source.path}:{line}: imports {name}" for name, line in _imports(source, ours)]
    values: set[str] = set()
    for node in ast.walk(source.tree):
        problem = None
        if isinstance(node, ast.AsyncFunctionDef | ast.Await):
            problem = "waits for something"
        elif isinstance(node, ast.Call) and dotted(node.func) in INPUT_OUTPUT:
            problem = f"calls {dotted(node.func)}"
        elif isinstance(node, ast.ClassDef):
            if _is_value(node, values):
                values.add(node.name)
            else:
                problem = f"{node.name} is no frozen dataclass, enum, protocol or error"
        if problem:
            found.append(f"{source.path}:{node.lineno}: {problem}")  # type: ignore[attr-defined]
    return found


def _imports(source: Source, ours: Mapping[str, Source]) -> list[tuple[str, int]]:
    """The imports that are not pure. Ours are, when they pass themselves."""
    found = []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            names = [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom):
            # a name is taken from the module, or is a module itself
            full = [f"{node.module}.{one.name}" for one in node.names]
            names = [name if name in ours else node.module or "" for name in full]
        else:
            continue
        found += [(name, node.lineno) for name in dict.fromkeys(names) if not _is_pure(name, ours)]
    return found


def _is_pure(module: str, ours: Mapping[str, Source]) -> bool:
    if module not in ours:
        return module.partition(".")[0] in PURE
    source = ours[module]
    if source not in _looked_at:  # many ways lead to one module
        _looked_at[source] = not impurities(source, ours)
    return _looked_at[source]


_looked_at: dict[Source, bool] = {}


def _is_value(node: ast.ClassDef, values: set[str]) -> bool:
    bases = [dotted(base).rpartition(".")[2] for base in node.bases]
    if values.intersection(bases):
        return True
    if any(base in KINDS or base.endswith(("Error", "Exception", "Refused")) for base in bases):
        return True
    marks = [one for one in node.decorator_list if isinstance(one, ast.Call)]
    if any(_is_frozen(mark) for mark in marks if dotted(mark.func).endswith("dataclass")):
        return True
    # a common ancestor that only declares
    return all(isinstance(one, ast.Expr | ast.AnnAssign) for one in node.body)


def _is_frozen(mark: ast.Call) -> bool:
    values = [one.value for one in mark.keywords if one.arg == "frozen"]
    return any(isinstance(value, ast.Constant) and value.value is True for value in values)


def models() -> list[Source]:
    """The model.py of each stage; the platform has no nouns, and its own rules."""
    found = [one for one in sources("src") if one.path.endswith("/model.py")]
    return [one for one in found if not one.is_in("thingdesk.platform")]


def test_models_are_pure() -> None:
    ours = {one.module: one for one in sources("src")}
    assert not [line for model in models() for line in impurities(model, ours)]


PURE_MODEL = """
from dataclasses import dataclass
from thingdesk.parties.model import Machine
from thingdesk.platform import errors

class Event:
    kind: str

@dataclass(frozen=True, slots=True)
class Case(Event):
    subject: Machine

class NotOpen(ValueError):
    def __init__(self) -> None:
        super().__init__("the case is not open")

class Gone(NotOpen):
    def __init__(self) -> None:
        self.words = "the case is gone"
"""

IMPURE = {
    "the database": "from thingdesk.platform.database import Database",
    "the network": "import socket",
    "a framework": "from pydantic import BaseModel",
    "the code of another stage": "from thingdesk import parties",
    "a name from the code of another stage": "from thingdesk.parties import Machine",
    "a function that waits": "async def close() -> None: ...",
    "a file": "words = open('words.txt')",
    "a class with state": "class Case:\n    def __init__(self) -> None: self.state = 1",
    "a dataclass that changes": "@dataclass(slots=True)\nclass Case:\n    def close(self): ...",
}
OURS = {
    "thingdesk.platform": "",
    "thingdesk.platform.errors": "from enum import Enum",
    "thingdesk.platform.database": "import asyncpg",
    "thingdesk.parties": "from thingdesk.parties.register import register",
    "thingdesk.parties.model": "from dataclasses import dataclass",
    "thingdesk.parties.register": "from thingdesk.platform.database import Database",
}


def found_in(text: str) -> list[str]:
    ours = {name: Source(name.replace(".", "/"), one) for name, one in OURS.items()}
    return impurities(Source("src/thingdesk/cases/model.py", text), ours)


def test_a_pure_model_passes() -> None:
    assert not found_in(PURE_MODEL)


@pytest.mark.parametrize("text", IMPURE.values(), ids=IMPURE.keys())
def test_an_impure_model_is_found(text: str) -> None:
    assert len(found_in(text)) == 1
