from collections.abc import AsyncIterator

import httpx
import pytest
from tests.desk import DeskProcess, running
from tests.saying import Caller, a_caller, a_centre

from thingdesk.platform.database import Database


@pytest.fixture(scope="module")
async def desk(
    tmp_path_factory: pytest.TempPathFactory, database: Database, database_url: str
) -> AsyncIterator[DeskProcess]:
    """A running desk that the tests of a module share; nothing that they do may make it fail."""
    folder = tmp_path_factory.mktemp("desk") / "desk"
    await a_centre(database)
    async with running(folder, database_url=database_url) as one:
        yield one
        assert "Traceback" not in one.log(), one.log()


@pytest.fixture(scope="module")
async def http(desk: DeskProcess) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=desk.http, timeout=20) as client:
        yield client


@pytest.fixture
async def car(database: Database, http: httpx.AsyncClient) -> Caller:
    return await a_caller(database, http)


@pytest.fixture
async def other(database: Database, http: httpx.AsyncClient) -> Caller:
    """A machine of another owner."""
    return await a_caller(database, http)
