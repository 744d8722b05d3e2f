import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests import databases
from tests.waiting import until

from thingdesk.platform import migrate
from thingdesk.platform.database import Database
from thingdesk.platform.migrate import MigrationError, Phase

PRE, POST = Phase.PRE, Phase.POST
FIRST = {"0001_a.sql": "create table a (old int, more int)"}
SECOND = {
    "0002_b.sql": "create table b (n int)",
    "0003_old.post.sql": "alter table a drop column old",
}
THIRD = {"0004_c.sql": "create table c (n int)"}


class Release:
    """A package whose migrations grow with each release."""

    def __init__(self, folder: Path, name: str) -> None:
        self.packages = (name,)
        self._folder = folder / name / "migrations"
        self._folder.mkdir(parents=True)
        (folder / name / "__init__.py").touch()

    def brings(self, files: dict[str, str]) -> None:
        for name, sql in files.items():
            (self._folder / name).write_text(sql)


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Release:
    monkeypatch.syspath_prepend(tmp_path)
    name = f"release_{tmp_path.name}"
    monkeypatch.delitem(sys.modules, name, raising=False)
    return Release(tmp_path, name)


@pytest.fixture
async def empty(postgres: str, migrated: str) -> AsyncIterator[Database]:
    """A database with none of the release's tables."""
    async with databases.copy(postgres, migrated) as url:
        database = await Database.connect(url)
        async with database.transaction() as tx:
            await tx.execute("drop table schema_migration")
        yield database
        await database.close()


async def applied(database: Database, release: Release, phase: Phase | None = None) -> list[str]:
    return [one.name for one in await migrate.apply(database, release.packages, phase)]


async def test_the_release_before_works_until_the_second_phase(
    empty: Database, release: Release
) -> None:
    release.brings(FIRST)
    assert await applied(empty, release, PRE) == ["0001_a.sql"]
    release.brings(SECOND)
    assert await applied(empty, release, PRE) == ["0002_b.sql"]
    async with empty.transaction() as tx:
        await tx.execute("insert into a (old) values (1)")
    assert await migrate.pending(empty, release.packages, PRE) == []
    assert [one.name for one in await migrate.pending(empty, release.packages)] == [
        "0003_old.post.sql"
    ]
    assert await applied(empty, release, POST) == ["0003_old.post.sql"]
    assert await applied(empty, release) == []


async def test_the_second_phase_does_not_come_first(empty: Database, release: Release) -> None:
    release.brings(FIRST)
    await applied(empty, release)
    release.brings(SECOND)
    with pytest.raises(MigrationError, match="--phase pre"):
        await applied(empty, release, POST)


async def test_what_an_older_release_left_over_comes_along(
    empty: Database, release: Release
) -> None:
    release.brings(FIRST)
    await applied(empty, release)
    release.brings(SECOND | THIRD)
    assert await applied(empty, release, PRE) == [*SECOND, *THIRD]


async def test_an_empty_database_gets_everything(empty: Database, release: Release) -> None:
    release.brings(FIRST | SECOND)
    assert await applied(empty, release, PRE) == [*FIRST, *SECOND]


async def test_nobody_waits_behind_a_migration_that_waits(
    empty: Database, release: Release, caplog: pytest.LogCaptureFixture
) -> None:
    release.brings(FIRST)
    await applied(empty, release)
    release.brings({"0002_b.sql": "alter table a add column n int"})
    async with empty.transaction() as long:
        await long.fetch("select * from a")
        waiting = asyncio.create_task(applied(empty, release))

        async def gave_way() -> bool:
            return "trying again" in caplog.text

        await until(gave_way, within=30)
        assert not waiting.done()
    assert await waiting == ["0002_b.sql"]


async def test_several_at_once_apply_it_once(empty: Database, release: Release) -> None:
    release.brings(FIRST | SECOND | THIRD)
    found = await asyncio.gather(*(applied(empty, release) for _ in range(3)))
    assert sorted(name for names in found for name in names) == sorted({**FIRST, **SECOND, **THIRD})


async def test_a_file_that_fails_leaves_nothing_and_what_was_before_it_stays(
    empty: Database, release: Release
) -> None:
    release.brings(FIRST | {"0002_b.sql": "create table b (n int); select 1 / 0"})
    with pytest.raises(Exception, match="division by zero"):
        await applied(empty, release)
    async with empty.transaction() as tx:
        assert await tx.fetchval("select to_regclass('b')") is None
        assert await tx.fetchval("select to_regclass('a') is not null")
    release.brings({"0002_b.sql": "create table b (n int)"})
    assert await applied(empty, release) == ["0002_b.sql"]


async def test_a_file_that_was_changed_is_an_error(empty: Database, release: Release) -> None:
    release.brings(FIRST)
    await applied(empty, release)
    release.brings({"0001_a.sql": "create table a (n int)"})
    with pytest.raises(MigrationError, match="was changed"):
        await applied(empty, release)
