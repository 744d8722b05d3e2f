"""The project's own files, as the rules of this folder read them."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Source:
    """One Python file: its path within the project, and its text."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def module(self) -> str:
        """`src/thingdesk/cases/__init__.py` is `thingdesk.cases`."""
        name = self.path.removeprefix("src/").removesuffix(".py").removesuffix("/__init__")
        return name.replace("/", ".")

    @property
    def package(self) -> str:
        """The package that the file is in: of a package's `__init__.py`, the package itself."""
        if self.path.endswith("__init__.py"):
            return self.module
        return self.module.rpartition(".")[0]

    def is_in(self, *packages: str) -> bool:
        return within(self.module, *packages)


def within(module: str, *packages: str) -> bool:
    """Whether `module` is one of `packages`, or in one of them."""
    return any(module == one or module.startswith(one + ".") for one in packages)


@lru_cache
def files() -> tuple[str, ...]:
    """What is committed, or would be: all that git does not ignore."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return tuple(sorted(name for name in listed.split("\0") if name and (ROOT / name).is_file()))


@lru_cache
def sources(*folders: str) -> tuple[Source, ...]:
    """The Python files in these folders of the project."""
    return tuple(
        Source(name, (ROOT / name).read_text())
        for name in files()
        if name.endswith(".py") and name.startswith(tuple(f"{one}/" for one in folders))
    )


def imports(source: Source) -> Iterator[tuple[str, int]]:
    """Each module that is imported, by its full name, with the line.

    `from a import b` gives `a` and `a.b`, for b may be a module.
    """
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((one.name, node.lineno) for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno
            yield from ((f"{node.module}.{one.name}", node.lineno) for one in node.names)


def texts(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Each string but docstrings, with its line; of an f-string, `{}` for what is filled in."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    parts = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(_part(value) for value in node.values), node.lineno
        elif id(node) in docstrings | parts:
            continue
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value, node.lineno


def _part(value: ast.expr) -> str:
    return str(value.value) if isinstance(value, ast.Constant) else "{}"


def dotted(node: ast.expr) -> str:
    """`a.b.c` of an expression that is one; otherwise nothing."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{front}.{node.attr}" if (front := dotted(node.value)) else ""
    return ""
