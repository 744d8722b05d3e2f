import os
from collections.abc import AsyncIterator

import pytest

from thingdesk.platform import migrate
from thingdesk.platform.database import Database


@pytest.fixture(scope="module")
async def database() -> AsyncIterator[Database]:
    url = os.environ["THINGDESK_TEST_DATABASE_URL"]
    admin = await Database.connect(url)
    async with admin._pool.acquire() as c:
        await c.execute("drop database if exists t1 with (force)")
        await c.execute("create database t1")
    await admin.close()
    db = await Database.connect(url.rsplit("/", 1)[0] + "/t1")
    await migrate.apply(db, ["thingdesk.platform.durable", "thingdesk.timeline"])
    yield db
    await db.close()
