from collections.abc import AsyncIterator

import pytest
from tests.channels.webhook.hooking import Side
from tests.dialogue.talk import Talk, talking
from tests.journeys.garage import open_garage
from tests.listener import Listener, listening

from thingdesk.platform.database import Database


@pytest.fixture(scope="module")
async def talk(database: Database) -> AsyncIterator[Talk]:
    async with talking(await open_garage(database)) as one:
        yield one


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    async with listening() as one:
        yield one


@pytest.fixture
async def side(talk: Talk) -> Side:
    async with talk.hand.database.transaction() as tx:
        await tx.execute("truncate hook cascade")
    return Side(talk)
