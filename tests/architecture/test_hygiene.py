"""What must not be in the project at all: hosts of package registries, paths of one machine,
large files; and in tests, sleeping as a way to wait and imitations of our own code.
"""

import ast
import json
import re
from typing import Any

import pytest
from tests.architecture.source import ROOT, Source, dotted, files, imports, sources

LARGEST = 512 * 1024
REGISTRY = re.compile(
    r"\b(?:[\w-]+\.)*(?:pypi|pythonhosted|npmjs|yarnpkg|debian|golang)\.(?:org|com|net)\b"
)
MACHINE_PATH = re.compile(r"(?<![\w.~-])/(?:root/\.\w+|home/\w+|work/\w+|Users/\w+)(?:/|\b)")
LOCKS = ("requirements/run.txt", "requirements/dev.txt")
SLEEPS = ("time.sleep", "asyncio.sleep", "anyio.sleep")
# the one place that may poll what another process does
WAITING = "tests/waiting.py"
HERE = "tests/architecture/test_hygiene.py"
EXCEPTION = re.compile(r"# noqa(?!: [A-Z]+[0-9]+(?:, [A-Z]+[0-9]+)* - \S)")
IMITATIONS = ("unittest.mock", "mock", "pytest_mock")
PATCHES = ("monkeypatch.setattr", "monkeypatch.delattr", "monkeypatch.setitem")


def out_of_place(path: str, text: str) -> list[str]:
    """The hosts and paths in a file that hold only on one machine or for one registry."""
    hits = [hit for one in (REGISTRY, MACHINE_PATH) for hit in one.finditer(text)]
    return [f"{path}:{text.count(chr(10), 0, hit.start()) + 1}: {hit[0]}" for hit in hits]


def unreasoned(source: Source) -> list[str]:
    """The lines that except themselves from a rule of ruff and do not say why."""
    return [
        f"{source.path}:{number}: say why: `# noqa: CODE - why`"
        for number, line in enumerate(source.text.splitlines(), 1)
        if EXCEPTION.search(line)
    ]


def unpinned(text: str) -> list[str]:
    """The requirements in a lock that have no hash, and the lines that name a place."""
    entries = text.replace("\\\n", " ").splitlines()
    stated = [line for line in entries if line.strip() and not line.lstrip().startswith("#")]
    return [
        line.split(";")[0].strip()
        for line in stated
        if "--hash=sha256:" not in line or "://" in line or line.startswith("-")
    ]


def sleeps(source: Source) -> list[str]:
    """Where a test sleeps, instead of waiting for what it needs; sleep(0) only lets others run."""
    bare = {name for name, _ in imports(source) if name in SLEEPS}
    return [
        f"{source.path}:{node.lineno}: sleeps; wait for the event, or use {WAITING}"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call)
        and (dotted(node.func) in SLEEPS or (bare and dotted(node.func) == "sleep"))
        and [ast.unparse(one) for one in node.args] != ["0"]
    ]


def imitations(source: Source) -> list[str]:
    """Where a test replaces code by something that only looks like it."""
    found = [
        f"{source.path}:{line}: {name}"
        for name, line in imports(source)
        if name in IMITATIONS or name.startswith("unittest.mock.")
    ]
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and dotted(node.func) in PATCHES:
            found.append(f"{source.path}:{node.lineno}: {dotted(node.func)}")
        elif isinstance(node, ast.arg) and node.arg == "mocker":
            found.append(f"{source.path}:{node.lineno}: mocker")
    return found


def test_no_file_names_a_registry_or_a_place_of_one_machine() -> None:
    found = []
    for name in files():
        try:
            found += out_of_place(name, (ROOT / name).read_text())
        except UnicodeDecodeError:
            continue
    assert not found


def test_no_file_is_large() -> None:
    assert not [name for name in files() if (ROOT / name).stat().st_size > LARGEST]


def test_requirements_are_pinned_by_hash_and_name_no_host() -> None:
    for name in LOCKS:
        text = (ROOT / name).read_text()
        assert "--hash=sha256:" in text
        assert not unpinned(text)


def hashed(name: str, packages: dict[str, Any]) -> bool:
    """Whether a hash holds it: its own, or that of the package in whose archive it comes."""
    one = packages.get(name, {})
    within = name.rpartition("/node_modules/")[0]
    inside = bool(one.get("inBundle")) and hashed(within, packages)
    return inside or str(one.get("integrity", "")).startswith("sha512-")


def test_a_browser_library_without_a_hash_is_found() -> None:
    packages = {"a": {"integrity": "sha512-x"}, "b": {"integrity": "sha1-x"}, "c": {}}
    inside = {f"{one}/node_modules/d": {"inBundle": True} for one in packages}
    apart: dict[str, dict[str, str]] = {"a/node_modules/e": {}}
    known = {**packages, **inside, **apart}
    assert [one for one in known if hashed(one, known)] == ["a", "a/node_modules/d"]


@pytest.mark.parametrize("folder", ["web", "tests/web", "tests/outside"])
def test_browser_libraries_are_pinned_by_hash_and_name_no_host(folder: str) -> None:
    text = (ROOT / folder / "package-lock.json").read_text()
    packages = {name: one for name, one in json.loads(text)["packages"].items() if name}
    assert packages
    assert all(hashed(name, packages) for name in packages)
    assert "://" not in text
    assert '"resolved"' not in text


def test_tests_wait_for_events() -> None:
    assert not [line for one in sources("tests") if one.path != WAITING for line in sleeps(one)]


def test_tests_imitate_nothing_of_ours() -> None:
    assert not [line for one in sources("tests") for line in imitations(one)]


HOST = "files." + "python" + "hosted.org"


@pytest.mark.parametrize(
    "text",
    [f"--index-url=https{':'}//{HOST}/", "cd /" + "root/.cache", "/" + "home/someone/desk"],
)
def test_a_host_or_a_path_is_found(text: str) -> None:
    assert len(out_of_place("a.md", "first line\n" + text)) == 1
    assert out_of_place("a.md", "first line\n" + text)[0].startswith("a.md:2: ")


def test_other_paths_pass() -> None:
    assert not out_of_place("a.md", "GET /work, ./root/x, desk/home/one, /homes")


def test_a_loose_requirement_is_found() -> None:
    pinned = "a==1 ; python_version < '3' \\\n    --hash=sha256:00\n    # via b\n"
    assert not unpinned(pinned)
    assert unpinned(pinned + "b==2\n--find-links x\nc @ git+https" + "://x --hash=sha256:0") == [
        "b==2",
        "--find-links x",
        "c @ git+https" + "://x --hash=sha256:0",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "import time\ntime.sleep(1)",
        "from asyncio import sleep\nasync def f(): await sleep(1)",
        "import asyncio\nasync def f(): await asyncio.sleep(0.1)",
    ],
)
def test_a_sleep_is_found(text: str) -> None:
    assert len(sleeps(Source("tests/test_a.py", text))) == 1


def test_letting_others_run_is_no_sleep() -> None:
    text = "import asyncio\nasync def f(): await asyncio.sleep(0)"
    assert not sleeps(Source("tests/test_a.py", text))


@pytest.mark.parametrize(
    "text",
    [
        "from unittest import mock",
        "def test_a(mocker): ...",
        "def test_a(monkeypatch): monkeypatch.setattr(a, 'b', 1)",
    ],
)
def test_an_imitation_is_found(text: str) -> None:
    assert len(imitations(Source("tests/test_a.py", text))) == 1


def test_an_exception_from_a_rule_says_why() -> None:
    every = sources("src", "tests", "scripts", "benchmarks")
    assert not [line for one in every if one.path != HERE for line in unreasoned(one)]


@pytest.mark.parametrize("line", ["# noqa", "# noqa: S608", "# noqa: S608 (why)", "# noqa: S608 -"])
def test_an_exception_without_a_reason_is_found(line: str) -> None:
    assert len(unreasoned(Source(HERE, f"x = 1  {line}\n"))) == 1
    assert not unreasoned(Source(HERE, "x = 1  # noqa: S608, B023 - it is ours\n"))
