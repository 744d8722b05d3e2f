from collections.abc import Iterator
from datetime import datetime, timedelta

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


class MondayNoon(clock.Turnable):
    """A clock that stands in the middle of a week, so that no test crosses into the next."""

    def __call__(self) -> datetime:
        now = super().__call__()
        return now + timedelta(days=14 - now.weekday()) - timedelta(hours=now.hour - 12)


@pytest.fixture
def monday() -> Iterator[clock.Turnable]:
    turning = MondayNoon()
    with clock.reading(turning):
        yield turning
