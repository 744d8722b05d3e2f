from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from tests.channels.http.linking import Link, sign
from tests.desk import DeskProcess, running
from tests.fulfilment.making import make_offer, make_provider
from tests.saying import Caller, a_caller, a_centre

from thingdesk.fulfilment import effects
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


@pytest.fixture
async def link(database: Database, http: httpx.AsyncClient) -> Link:
    provider = await make_provider(database)
    job = make_offer(provider.id)
    async with database.transaction() as tx:
        await effects.offer_job(tx, job)
    return Link(http, job, await sign(database, "job", job.effect_id, timedelta(hours=1)))
