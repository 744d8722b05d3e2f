"""What the tests share: one PostgreSQL a session, one fresh database a module."""

import os
from collections.abc import AsyncIterator, Iterator

import pytest
from hypothesis import settings

from tests import databases
from tests.nothing_skips import pytest_make_collect_report, pytest_runtest_makereport
from thingdesk.platform import clock
from thingdesk.platform.database import Database

__all__ = ["pytest_make_collect_report", "pytest_runtest_makereport"]

# in CI an example that fails once fails always; a slow machine is no failure
settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("dev", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


@pytest.fixture(scope="session")
async def postgres() -> AsyncIterator[str]:
    """The URL of a real PostgreSQL: THINGDESK_TEST_DATABASE_URL, or one started for the tests."""
    async with databases.server() as url:
        yield url


@pytest.fixture(scope="session")
async def migrated(postgres: str) -> AsyncIterator[str]:
    """The name of a database with the whole schema; it is copied and never used itself."""
    async with databases.template(postgres) as name:
        yield name


@pytest.fixture(scope="module")
async def database_url(postgres: str, migrated: str) -> AsyncIterator[str]:
    """A fresh database with the whole schema, for one test module and its processes."""
    async with databases.copy(postgres, migrated) as url:
        yield url


@pytest.fixture(scope="module")
async def database(database_url: str) -> AsyncIterator[Database]:
    """A pool of connections to the module's own database."""
    pool = await Database.connect(database_url)
    yield pool
    await pool.close()


@pytest.fixture
def turnable() -> Iterator[clock.Turnable]:
    """The platform's clock, turned forward by the test."""
    turning = clock.Turnable()
    with clock.reading(turning):
        yield turning
