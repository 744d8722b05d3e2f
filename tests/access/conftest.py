from collections.abc import AsyncIterator

import pytest
from tests.access.making import BASE

from thingdesk.access import Callers, Tokens
from thingdesk.platform.database import Database


@pytest.fixture
async def tokens(database: Database) -> AsyncIterator[Tokens]:
    async with Tokens(database, BASE) as one:
        yield one


@pytest.fixture
async def callers(database: Database) -> AsyncIterator[Callers]:
    async with Callers(database, BASE) as one:
        yield one
