"""`model.py` is pure: frozen dataclasses, enums, state machines; no I/O and no framework."""

import ast

import pytest
from tests.architecture.source import Source, dotted, sources

PURE = {
    "abc", "bisect", "collections", "copy", "dataclasses", "datetime", "decimal", "enum",
    "fnmatch", "fractions", "functools", "hashlib", "heapq", "itertools", "json", "math",
    "operator", "re", "statistics", "string", "types", "typing", "unicodedata", "uuid", "zoneinfo",
}  # fmt: skip
# what a model may take from our own: other nouns, and values that all stages share
OURS = ("model", "errors", "events", "money")
INPUT_OUTPUT = {"open", "print", "input", "exec", "eval"}
KINDS = ("Enum", "StrEnum", "IntEnum", "Flag", "IntFlag", "NamedTuple", "Protocol", "TypedDict")


def impurities(source: Source) -> list[str]:
    """What makes this model.py more than nouns."""
    found = [f"{source.path}:{line}: imports {name}" for name, line in _imports(source)]
    for node in ast.walk(source.tree):
        problem = None
        if isinstance(node, ast.AsyncFunctionDef | ast.Await):
            problem = "waits for something"
        elif isinstance(node, ast.Call) and dotted(node.func) in INPUT_OUTPUT:
            problem = f"calls {dotted(node.func)}"
        elif isinstance(node, ast.ClassDef) and not _is_value(node):
            problem = f"{node.name} is no frozen dataclass, enum, protocol or error"
        if problem:
            found.append(f"{source.path}:{node.lineno}: {problem}")  # type: ignore[attr-defined]
    return found


def _imports(source: Source) -> list[tuple[str, int]]:
    found = []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            found += [(one.name, node.lineno) for one in node.names if not _is_pure(one.name)]
        elif isinstance(node, ast.ImportFrom) and not _is_pure(node.module or ""):
            names = (f"{node.module}.{one.name}" for one in node.names)
            found += [(name, node.lineno) for name in names if not _is_pure(name)]
    return found


def _is_pure(module: str) -> bool:
    first, *rest = module.split(".")
    return first in PURE or (first == "thingdesk" and bool(rest) and rest[-1] in OURS)


def _is_value(node: ast.ClassDef) -> bool:
    bases = [dotted(base).rpartition(".")[2] for base in node.bases]
    if any(base in KINDS or base.endswith(("Error", "Exception")) for base in bases):
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
    assert not [line for model in models() for line in impurities(model)]


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
"""

IMPURE = {
    "the database": "from thingdesk.platform.database import Database",
    "the network": "import socket",
    "a framework": "from pydantic import BaseModel",
    "the code of another stage": "from thingdesk import parties",
    "a function that waits": "async def close() -> None: ...",
    "a file": "words = open('words.txt')",
    "a class with state": "class Case:\n    def __init__(self) -> None: self.state = 1",
    "a dataclass that changes": "@dataclass(slots=True)\nclass Case:\n    def close(self): ...",
}


def test_a_pure_model_passes() -> None:
    assert not impurities(Source("src/thingdesk/cases/model.py", PURE_MODEL))


@pytest.mark.parametrize("text", IMPURE.values(), ids=IMPURE.keys())
def test_an_impure_model_is_found(text: str) -> None:
    assert len(impurities(Source("src/thingdesk/cases/model.py", text))) == 1
