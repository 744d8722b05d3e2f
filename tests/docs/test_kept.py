"""docs/explanation/kept.md names every table, and says for how long its rows are kept."""

import re
from datetime import timedelta
from pathlib import Path

from tests.architecture.source import ROOT
from tests.architecture.test_store import migrations, owners

from thingdesk.platform.settings import Settings
from thingdesk.upkeep import letting_go

PAGE = Path(ROOT / "docs/explanation/kept.md")
ROW = re.compile(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)
TIMES = re.compile(r"\b(\d+) (hour|day)s?\b")
DROPPED = re.compile(r"^drop table (\w+);", re.MULTILINE)
# made by the migrations themselves
OWN = "schema_migration"


def said(text: str) -> dict[str, str]:
    """How long, by table."""
    rows = ROW.findall(text)
    assert len(rows) == len(dict(rows)), "a table is named twice"
    return dict(rows)


def missing(text: str, tables: set[str]) -> set[str]:
    """Tables that are not named, and names that are none."""
    return said(text).keys() ^ tables


def times(words: str) -> list[timedelta]:
    return [timedelta(**{f"{unit}s": int(number)}) for number, unit in TIMES.findall(words)]


def wrong(text: str) -> list[str]:
    """What is said otherwise than it is done."""
    found, kept = [], Settings.model_fields["keep_signals"].default
    going = {one.table: one.lasts for one in letting_go(timedelta(days=kept))}
    for table, words in said(text).items():
        lasts = going.get(table)
        if lasts and times(words) != [lasts]:
            found.append(f"{table} is kept for {lasts}")
        if lasts is None and (TIMES.search(words) or "KEEP_" in words):
            found.append(f"nothing of {table} is ever let go")
        if lasts is not None and words.startswith("for ever"):
            found.append(f"{table} is let go")
    return found


def test_every_table_is_named() -> None:
    scripts = migrations()
    dropped = {name for sql in scripts.values() for name in DROPPED.findall(sql)}
    tables = {*owners(scripts), OWN} - dropped
    assert len(tables) > 40
    assert not missing(PAGE.read_text(encoding="utf-8"), tables)


def test_what_is_said_is_what_is_done() -> None:
    assert not wrong(PAGE.read_text(encoding="utf-8"))


def test_a_table_that_is_forgotten_and_a_wrong_time_are_found() -> None:
    text = (
        "| `report` | how | 9 days |\n| `machine` | who | 3 days |\n| `notice` | x | for ever |\n"
    )
    assert missing(text, {"report", "machine", "notice", "new_table"}) == {"new_table"}
    assert wrong(text) == [
        "report is kept for 8 days, 0:00:00",
        "nothing of machine is ever let go",
        "notice is kept for 120 days, 0:00:00",
        "notice is let go",
    ]
