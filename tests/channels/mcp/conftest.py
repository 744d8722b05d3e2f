from collections.abc import AsyncIterator

import pytest
from tests.channels.mcp.talking import Place, opened
from tests.journeys.garage import open_garage

from thingdesk.platform.database import Database


@pytest.fixture(scope="module")
async def place(database: Database) -> AsyncIterator[Place]:
    async with opened(await open_garage(database), workers=2) as one:
        yield one
