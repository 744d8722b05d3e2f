"""Our names are the words of GLOSSARY.md: one word for one thing, everywhere.

The terms of a foreign standard keep their names in its channel; glossary.toml says where.
"""

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

import pytest
from tests.architecture.source import ROOT, Source, files, sources, texts, within
from tests.architecture.test_store import COMMENT, migrations, package_of, stage

GLOSSARY = tomllib.loads((ROOT / "tests" / "architecture" / "glossary.toml").read_text())
OURS = {other: word for word, others in GLOSSARY["instead_of"].items() for other in others}
PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
PATH = re.compile(r"/[\w{}:.-]+(?:/[\w{}:.-]*)*")
QUOTED = re.compile(r"'(?:[^']|'')*'|\$\w*\$.*?\$\w*\$", re.DOTALL)
SQL_NAME = re.compile(r"[a-z_]{2,}", re.IGNORECASE)
# words of SQL itself
ROW = re.compile(r"^\| \*\*(\w+)\*\* \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)
DOTTED = re.compile(r"`(thingdesk[\w.]*)`")
SQL_WORDS = {"current_user", "session_user", "user"}

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def synonyms(name: str, module: str) -> list[str]:
    """The synonyms in a name: `clientId`, `CLIENT_IDS` and `client-id` have one."""
    allowed = {
        word
        for package, words in GLOSSARY["foreign"].items()
        if within(module, package)
        for word in words
    }
    parts = {_singular(part.lower()) for part in PART.findall(name)}
    return sorted(part for part in parts if part in OURS and part not in allowed)


def _singular(word: str) -> str:
    if word in OURS or not word.endswith("s"):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1]


def names(source: Source) -> Iterator[tuple[str, int]]:
    """What this module names: itself, classes, functions, arguments, and what it assigns."""
    yield PurePosixPath(source.path).stem, 1
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr, node.lineno
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno
        elif isinstance(node, ast.alias) and node.asname:
            yield node.asname, node.lineno


def paths(source: Source) -> Iterator[tuple[str, int]]:
    """The routes and other paths that stand in this module as text."""
    for text, line in texts(source.tree):
        if PATH.fullmatch(text):
            yield text, line


def wrong_names(source: Source) -> list[str]:
    found = set()
    for name, line in (*names(source), *paths(source)):
        for word in synonyms(name, source.module):
            found.add(f"{source.path}:{line}: {name}: our word for {word} is {OURS[word]}")
    return sorted(found)


def wrong_sql_names(path: str, sql: str) -> list[str]:
    plain = QUOTED.sub("", COMMENT.sub("", sql))
    return [
        f"{path}: {name}: our word for {word} is {OURS[word]}"
        for name in sorted(set(SQL_NAME.findall(plain)) - SQL_WORDS)
        for word in synonyms(name, package_of(path))
    ]


def wrong_file_names(path: str) -> list[str]:
    """The synonyms in the name of a template, a static file or a folder of ours."""
    if not path.startswith("src/thingdesk"):
        return []
    folders = PurePosixPath(path.removeprefix("src/"))
    module = ".".join(folders.parent.parts)
    return [
        f"{path}: our word for {word} is {OURS[word]}"
        for part in folders.parts
        for word in synonyms(part.partition(".")[0], module)
    ]


def homes() -> dict[str, set[str]]:
    """The class that each word of the glossary would be, with the packages where the word lives."""
    rows = ROW.findall((ROOT / "GLOSSARY.md").read_text(encoding="utf-8"))
    return {word.title(): {stage(one) for one in DOTTED.findall(place)} for word, place in rows}


def strays(source: Source, homes: Mapping[str, set[str]]) -> list[str]:
    """The classes that are named by a word which means something else, in another package."""
    return [
        f"{source.path}:{node.lineno}: {node.name} is what {', '.join(sorted(homes[name]))} has"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef) and (name := node.name.lstrip("_")) in homes
        if stage(source.module) not in homes[name]
        if f"{source.module}.{node.name}" not in GLOSSARY["same_word"]
    ]


def test_names_are_our_words() -> None:
    assert not [line for source in sources("src") for line in wrong_names(source)]


def test_tables_and_columns_are_our_words() -> None:
    assert not [line for name, sql in migrations().items() for line in wrong_sql_names(name, sql)]


def test_files_are_our_words() -> None:
    assert not [line for name in files() for line in wrong_file_names(name)]


def test_a_synonym_is_no_word_of_ours() -> None:
    assert not set(OURS) & set(GLOSSARY["instead_of"])


def test_a_word_of_ours_names_one_class() -> None:
    assert not [line for source in sources("src") for line in strays(source, homes())]


def test_a_word_that_names_another_class_is_found() -> None:
    text = "class Outcome: ...\ndef f():\n    class _Case: ..."
    assert len(strays(Source("src/thingdesk/journeys/drive.py", text), homes())) == 2
    assert not strays(Source("src/thingdesk/cases/model.py", text), homes())


STAGE = "src/thingdesk/cases/open.py"
WRONG = {
    "a module": ("src/thingdesk/cases/ticket.py", ""),
    "a class": (STAGE, "class TicketState: ..."),
    "an abbreviation within a class": (STAGE, "class SLAClock: ..."),
    "a function": (STAGE, "def open_ticket(): ..."),
    "a waiting function": (STAGE, "async def notifyCustomer(): ..."),
    "an argument": (STAGE, "def open(*, device_ids): ..."),
    "a field": (STAGE, "class Case:\n    customer_id: int"),
    "an attribute": (STAGE, "def f(case):\n    case.alerts = 1"),
    "a name within a function": (STAGE, "def f(cases):\n    for ticket in cases: ..."),
    "a constant": (STAGE, "MAX_DEVICES = 3"),
    "a name given to an import": (STAGE, "from thingdesk import cases as tickets"),
    "a route": (STAGE, "@app.get('/customers/{id}')\ndef show(): ..."),
    "a plural in ies": (STAGE, "def anomalies(): ..."),
}


@pytest.mark.parametrize(("path", "text"), WRONG.values(), ids=WRONG.keys())
def test_a_synonym_is_found(path: str, text: str) -> None:
    assert len(wrong_names(Source(path, text))) == 1


def test_our_words_and_words_in_sentences_pass() -> None:
    text = "def open(machine): '''Opens no ticket.'''\nreason = 'the customer asked'\nissuer = 'us'"
    assert not wrong_names(Source(STAGE, text))


def test_a_foreign_term_keeps_its_name_in_its_channel_only() -> None:
    text = "def connect(client_id): ..."
    assert not wrong_names(Source("src/thingdesk/channels/mqtt/link.py", text))
    assert not wrong_names(Source("src/thingdesk/platform/embedded/callout.py", text))
    assert wrong_names(Source("src/thingdesk/platform/database.py", text))
    assert wrong_names(Source("src/thingdesk/web/pages.py", text))


def test_a_synonym_in_a_migration_is_found() -> None:
    path = "src/thingdesk/cases/migrations/0001_cases.sql"
    sql = "-- a ticket\ncreate table ticket (id int, kind text default 'alarm', customer_id int);"
    assert [line.split(": ")[1] for line in wrong_sql_names(path, sql)] == ["customer_id", "ticket"]


def test_a_synonym_in_a_template_is_found() -> None:
    assert len(wrong_file_names("src/thingdesk/web/templates/customer_list.html")) == 1
    assert not wrong_file_names("src/thingdesk/web/templates/owner_list.html")
    assert not wrong_file_names("docs/customers.md")
