from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.contact.holding import Holding

from thingdesk.platform import clock
from thingdesk.platform.database import Database


@pytest.fixture
async def desk(database: Database) -> Holding:
    async with database.transaction() as tx:
        await tx.execute("truncate hold, notice")
    return Holding(database)


@pytest.fixture(autouse=True)
def turning() -> Iterator[clock.Turnable]:
    """The platform's clock, on a Monday at eight, turned forward by the test."""
    found = clock.Turnable()
    now = found()
    monday = now.replace(hour=8, minute=0, second=0) + timedelta(days=7 - now.weekday())
    found.turn(monday - now)
    with clock.reading(found):
        yield found
