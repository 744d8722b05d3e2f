from collections.abc import AsyncIterator

import pytest
from tests.channels.mail.servers import Mailbox, serving

from thingdesk.platform.database import Database


@pytest.fixture
async def desk(database: Database) -> Database:
    async with database.transaction() as tx:
        await tx.execute(
            "truncate notice, owner, staff, provider, timeline_head, timeline_event, timeline_value"
            " cascade"
        )
    return database


@pytest.fixture
async def mailbox() -> AsyncIterator[tuple[Mailbox, int]]:
    box = Mailbox()
    async with serving(box) as port:
        yield box, port
