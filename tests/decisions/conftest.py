from collections.abc import Iterator
from datetime import timedelta

import pytest

from thingdesk.platform import clock
from thingdesk.platform.database import Database


@pytest.fixture
async def desk(database: Database) -> Database:
    async with database.transaction() as tx:
        await tx.execute(
            "truncate decision, attention_spent, attention_setting, notice, durable_run,"
            " durable_message, timeline_head, timeline_event, timeline_value"
        )
    return database


@pytest.fixture
def monday() -> Iterator[clock.Turnable]:
    """A clock that begins on a Monday at noon, so that no test crosses into the next week."""
    turning = clock.Turnable()
    now = turning()
    turning.turn(now.replace(hour=12) + timedelta(days=14 - now.weekday()) - now)
    with clock.reading(turning):
        yield turning
