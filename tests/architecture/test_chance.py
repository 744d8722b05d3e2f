"""Time, ids and chance come from the platform, so that journeys and tests are deterministic."""

import ast
import re

import pytest
from tests.architecture.source import Source, dotted, sources, texts
from tests.architecture.test_store import COMMENT, SQL, migrations

# the machine-side library runs in products, and knows no platform
FREE = ("thingdesk.platform", "thingdesk_machine")
BANNED = {
    "time.time", "time.time_ns", "time.localtime", "time.gmtime", "os.urandom",
    "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today",
    "datetime.date.today", "uuid.uuid1", "uuid.uuid4", "uuid.uuid6", "uuid.uuid7",
}  # fmt: skip
# a generator with a seed is no chance, a comparison neither
SEEDED = {"random.Random"}
HARMLESS = SEEDED | {"secrets.compare_digest"}
IN_SQL = re.compile(
    r"\b(?:now|clock_timestamp|statement_timestamp|transaction_timestamp|gen_random_uuid|uuidv[47]"
    r"|random)\s*\(|\bcurrent_(?:timestamp|date|time)\b|\blocaltime(?:stamp)?\b",
    re.IGNORECASE,
)


def chances(source: Source) -> list[str]:
    """Where this module takes time, ids or chance from elsewhere than the platform."""
    if source.is_in(*FREE):
        return []
    known = _names(source)
    found = [
        f"{source.path}:{line}: SQL asks for {hit[0]}; pass it in"
        for text, line in texts(source.tree)
        if SQL.match(text) and (hit := IN_SQL.search(text))
    ]
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute | ast.Name) and (name := _chance(node, known)):
            found.append(f"{source.path}:{node.lineno}: {name}; ask the platform")
        elif isinstance(node, ast.Call) and not node.args and _full(node.func, known) in SEEDED:
            found.append(f"{source.path}:{node.lineno}: a generator without a seed")
    return found


def _names(source: Source) -> dict[str, str]:
    """What each imported name stands for."""
    known: dict[str, str] = {}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            known |= {one.asname or one.name: one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            known |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
    return known


def _full(node: ast.expr, known: dict[str, str]) -> str:
    first, dot, rest = dotted(node).partition(".")
    return known[first] + dot + rest if first in known else ""


def _chance(node: ast.expr, known: dict[str, str]) -> str | None:
    name = _full(node, known)
    if name in HARMLESS:
        return None
    return name if name in BANNED or name.startswith(("random.", "secrets.")) else None


def chances_in_sql(path: str, sql: str) -> list[str]:
    """Where a migration of a stage lets the database's clock or chance decide."""
    if path.startswith("src/thingdesk/platform/"):
        return []
    hits = IN_SQL.finditer(COMMENT.sub("", sql))
    return [f"{path}: {hit[0]}; the value is passed in" for hit in hits]


def test_time_and_chance_come_from_the_platform() -> None:
    assert not [line for source in sources("src") for line in chances(source)]


def test_no_table_asks_the_database_for_time_or_chance() -> None:
    assert not [line for name, sql in migrations().items() for line in chances_in_sql(name, sql)]


@pytest.mark.parametrize(
    "text",
    [
        "import time\nat = time.time()",
        "from time import time as clock\nat = clock()",
        "from datetime import UTC, datetime\nat = datetime.now(UTC)",
        "import datetime as d\nat = d.datetime.utcnow()",
        "from dataclasses import field\nfrom uuid import uuid4\nid = field(default_factory=uuid4)",
        "import random\nx = random.choice([1, 2])",
        "import random\nx = random.Random()",
        "import secrets\nx = secrets.token_hex(4)",
        "import os\nx = os.urandom(4)",
        "SQL = 'select id from a_case where due < now()'",
    ],
)
def test_a_chance_is_found(text: str) -> None:
    assert len(chances(Source("src/thingdesk/cases/open.py", text))) == 1
    assert not chances(Source("src/thingdesk/platform/clock.py", text))


@pytest.mark.parametrize(
    "text",
    [
        "import random\nx = random.Random(7).random()",
        "import time\nx = time.monotonic()",
        "from secrets import compare_digest\nx = compare_digest('a', 'b')",
        "from thingdesk.platform import clock\nat = clock.now()",
    ],
)
def test_what_is_no_chance_passes(text: str) -> None:
    assert not chances(Source("src/thingdesk/cases/open.py", text))


def test_a_chance_in_a_migration_is_found() -> None:
    sql = "create table a_case (at timestamptz default now(), id uuid default gen_random_uuid());"
    assert len(chances_in_sql("src/thingdesk/cases/migrations/0001_cases.sql", sql)) == 2
    assert not chances_in_sql("src/thingdesk/cases/migrations/0001_cases.sql", f"-- {sql}")
