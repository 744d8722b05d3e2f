"""Small files, small functions: over a first limit each needs a listed reason, over a second
none helps. Complexity is held by ruff.
"""

import ast
import tomllib
from collections.abc import Iterator, Mapping

from tests.architecture.source import ROOT, Source, files, sources

LISTED = ROOT / "tests" / "architecture" / "sizes.toml"
FILE, FUNCTION = (300, 500), (40, 60)
COUNTED = (".py", ".sql", ".html", ".css", ".js", ".sh")


def functions(node: ast.AST, name: str = "") -> Iterator[tuple[str, int]]:
    """Each function below `node`, by its name within the file, and how many lines it has."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            full = f"{name}.{child.name}" if name else child.name
            if not isinstance(child, ast.ClassDef):
                yield full, (child.end_lineno or child.lineno) - child.lineno + 1
            yield from functions(child, full)
        else:
            yield from functions(child, name)


def too_long(sizes: Mapping[str, int], listed: Mapping[str, str]) -> list[str]:
    """What is too long without a reason, or at all, and the reasons that are no longer needed."""
    found = [f"{name}: listed, but it is short or gone" for name in listed if name not in sizes]
    for name, lines in sizes.items():
        first, second = FUNCTION if "::" in name else FILE
        if lines > second:
            found.append(f"{name}: {lines} lines, and over {second} nothing may have")
        elif lines > first and name not in listed:
            found.append(f"{name}: {lines} lines; over {first} needs a reason in {LISTED.name}")
        elif lines <= first and name in listed:
            found.append(f"{name}: listed, but it is short or gone")
    return found


def function_sizes(source: Source) -> dict[str, int]:
    return {f"{source.path}::{name}": lines for name, lines in functions(source.tree)}


def test_files_and_functions_are_small() -> None:
    sizes = {
        name: len((ROOT / name).read_text().splitlines())
        for name in files()
        if name.endswith(COUNTED)
    }
    for source in sources("src", "tests", "scripts", "benchmarks"):
        sizes |= function_sizes(source)
    assert not too_long(sizes, tomllib.loads(LISTED.read_text()))


def test_a_function_is_measured_wherever_it_stands() -> None:
    source = Source("a.py", "class Desk:\n  async def open(self):\n    def one():\n      pass\n")
    assert function_sizes(source) == {"a.py::Desk.open": 3, "a.py::Desk.open.one": 2}


def test_what_is_too_long_is_found() -> None:
    sizes = {"a.py": 301, "b.py": 501, "c.py": 400, "a.py::f": 41, "a.py::g": 61, "d.py": 300}
    reasons = {"b.py": "no reason helps", "c.py": "one table", "d.py": "not needed", "e.py": "gone"}
    assert [line.split(":")[0] + line[-8:] for line in sorted(too_long(sizes, reasons))] == [
        "a.pyzes.toml",
        "a.pyzes.toml",
        "a.pymay have",
        "b.pymay have",
        "d.py or gone",
        "e.py or gone",
    ]
