"""Only a stage touches its own tables: `store.py` is private to its stage, is the only place with
SQL, and names no table of another stage. A large one is split by noun: `promise_store.py`, or
`store/promises.py`.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import pytest
from tests.architecture.source import ROOT, Source, files, imports, sources, texts

PLATFORM = "thingdesk.platform"
IS_STORE = re.compile(r"(\w+_)?store")
SQL = re.compile(
    r"\s*(select\b.+\bfrom\b|select\s+[\w.]+\(|insert\s+into\s|update\s+[\w.{}]+\s+(\w+\s+)?set\s"
    r"|delete\s+from\s|merge\s+into\s|with\s+(recursive\s+)?\w+\s+(\([^)]*\)\s+)?as\s"
    r"|(create|alter|drop)\s+(temp|temporary|unlogged|table|index|unique|view|type|function)\b"
    r"|copy\s+\w+|truncate\s|lock\s+table|listen\s+\w+$|notify\s+\w+)",
    re.IGNORECASE | re.DOTALL,
)
TABLE = re.compile(
    r"create\s+(?:unlogged\s+)?table\s+(?:if\s+not\s+exists\s+)?([a-z_]+)", re.IGNORECASE
)
TOUCHED = re.compile(
    r"\b(?:from|join|into|update|truncate|table|copy)\s+(?:only\s+)?([a-z_]+)", re.IGNORECASE
)
COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)


def is_store(source: Source) -> bool:
    return any(IS_STORE.fullmatch(part) for part in source.module.split("."))


def stage(module: str) -> str:
    """`thingdesk.fulfilment.jobs.store` belongs to `thingdesk.fulfilment`."""
    return ".".join(module.split(".")[:2])


def strangers(source: Source) -> list[str]:
    """The imports of a store by somebody outside of its stage."""
    found = []
    for name, line in imports(source):
        ours = name.startswith("thingdesk.") and any(map(IS_STORE.fullmatch, name.split(".")))
        if ours and not source.is_in(stage(name)):
            found.append(f"{source.path}:{line}: {name} is private to {stage(name)}")
    return sorted(set(found))


def loose_sql(source: Source) -> list[str]:
    """SQL that stands elsewhere than in a store."""
    if is_store(source) or not source.is_in("thingdesk") or source.is_in(PLATFORM):
        return []
    return [
        f"{source.path}:{line}: SQL belongs into store.py: {text.strip()[:40]!r}"
        for text, line in texts(source.tree)
        if SQL.match(text)
    ]


def owners(migrations: Mapping[str, str]) -> dict[str, str]:
    """Each table with the package whose migration (path -> SQL) makes it."""
    return {
        table.lower(): package_of(path)
        for path, sql in migrations.items()
        for table in TABLE.findall(COMMENT.sub("", sql))
    }


def package_of(migration: str) -> str:
    return migration.removeprefix("src/").partition("/migrations/")[0].replace("/", ".")


def touched(package: str, sql: str, tables: Mapping[str, str]) -> Iterator[str]:
    """The tables of other packages that this SQL of `package` reads or writes."""
    for table in TOUCHED.findall(COMMENT.sub("", sql)):
        owner = tables.get(table.lower(), package)
        if stage(package) != stage(owner):
            yield f"{package} touches {table}, a table of {owner}"


def migrations() -> dict[str, str]:
    """The scripts of the desk's database; what a machine keeps is in a database of its own."""
    return {
        name: (ROOT / name).read_text()
        for name in files()
        if name.startswith("src/thingdesk/") and name.endswith(".sql")
    }


def misnumbered(scripts: Iterable[str]) -> list[str]:
    """Scripts that are not 0001, 0002 … of their package, each number once: two of one number
    would be in order by their words alone, and a gap is a script that went missing.
    """
    found, last = [], Counter[str]()
    for path in sorted(scripts):
        package = package_of(path)
        last[package] += 1
        if f"/migrations/{last[package]:04}_" not in path:
            found.append(f"{path}: is not number {last[package]} of {package}")
    return found


def stores() -> list[Source]:
    return [one for one in sources("src") if is_store(one)]


def test_a_store_is_private_to_its_package() -> None:
    assert not [line for source in sources("src") for line in strangers(source)]


def test_sql_stands_in_stores() -> None:
    assert not [line for source in sources("src") for line in loose_sql(source)]


def test_a_stage_touches_only_its_own_tables() -> None:
    scripts = migrations()
    tables = owners(scripts)
    said = [(package_of(path), sql) for path, sql in scripts.items()]
    said += [(store.package, text) for store in stores() for text, _ in texts(store.tree)]
    assert tables
    assert not [line for package, sql in said for line in touched(package, sql, tables)]


def test_migrations_are_numbered() -> None:
    assert not misnumbered(migrations())


@pytest.mark.parametrize("second", ["0001_b.sql", "0003_b.sql", "002_b.sql"])
def test_a_migration_with_a_wrong_number_is_found(second: str) -> None:
    folder = "src/thingdesk/cases/migrations"
    assert len(misnumbered([f"{folder}/0001_a.sql", f"{folder}/{second}"])) == 1
    others = "src/thingdesk/parties/migrations/0001_b.sql"
    assert not misnumbered([f"{folder}/0001_a.sql", others, f"{folder}/0002_old.post.sql"])


@pytest.mark.parametrize(
    "text",
    [
        "from thingdesk.cases import store",
        "from thingdesk.cases.store import insert",
        "import thingdesk.cases.store as s",
        "from thingdesk.cases import promise_store",
        "from thingdesk.cases.store.promises import insert",
    ],
)
def test_a_stranger_in_a_store_is_found(text: str) -> None:
    assert strangers(Source("src/thingdesk/journeys/run.py", text))
    assert not strangers(Source("src/thingdesk/cases/open.py", text))
    assert not strangers(Source("src/thingdesk/cases/__init__.py", text))


@pytest.mark.parametrize(
    "sql",
    [
        "select id from a_case",
        "select pg_notify($1, '')",
        "INSERT INTO a_case VALUES ($1)",
        "update a_case set state = $1",
        "delete from a_case",
        "\n  with latest as (select 1) select 2",
        "create table x ()",
        "truncate a_case",
    ],
)
def test_loose_sql_is_found(sql: str) -> None:
    text = f"QUERY = {sql!r}\n"
    assert len(loose_sql(Source("src/thingdesk/cases/open.py", text))) == 1
    assert len(loose_sql(Source("src/thingdesk/cases/open.py", "f" + text[8:]))) == 1
    assert not loose_sql(Source("src/thingdesk/cases/store.py", text))
    assert not loose_sql(Source("src/thingdesk/cases/promise_store.py", text))
    assert not loose_sql(Source("src/thingdesk/cases/store/promises.py", text))
    assert not loose_sql(Source("src/thingdesk/platform/migrate.py", text))


def test_words_are_no_sql() -> None:
    text = "'''Select a slot from the list.'''\nA = 'update the part'\nB = 'with regards'\n"
    assert not loose_sql(Source("src/thingdesk/cases/open.py", text))


def test_a_foreign_table_is_found() -> None:
    path = "src/thingdesk/cases/migrations/0001_cases.sql"
    tables = owners({path: "create table a_case (id int);"})
    assert tables == {"a_case": "thingdesk.cases"}
    assert list(touched("thingdesk.insight", "select 1 from a_case join x", tables)) == [
        "thingdesk.insight touches a_case, a table of thingdesk.cases"
    ]
    assert not list(touched("thingdesk.cases", "delete from a_case", tables))
    assert not list(touched("thingdesk.insight", "select 1 -- not from a_case", tables))
