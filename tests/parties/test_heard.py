"""When a machine was heard is written in steps."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from tests.parties.test_register import a_machine, register, stored

from thingdesk import parties
from thingdesk.parties import Position
from thingdesk.platform import clock
from thingdesk.platform.database import Database


@pytest.mark.parametrize(
    ("interval", "exactness"),
    [
        (None, timedelta(seconds=30)),
        (timedelta(hours=1), timedelta(seconds=30)),
        (timedelta(seconds=20), timedelta(seconds=1)),
    ],
)
async def test_when_a_machine_was_heard_is_not_written_for_every_signal(
    database: Database, interval: timedelta | None, exactness: timedelta
) -> None:
    one = replace(a_machine(), expected_interval=interval)
    await register(database, one)
    first = clock.now() - timedelta(minutes=1)
    soon, later = first + exactness * 0.9, first + exactness * 1.1

    async def heard(at: datetime, place: Position | None = None) -> parties.Machine:
        async with database.transaction() as tx:
            await parties.seen(tx, [(one.id, at, place)])
        return await stored(database, one.id)

    assert (await heard(first)).last_seen == first
    known = await heard(soon)
    assert known.last_seen == first
    assert known.heard_by
    assert known.heard_by >= soon, "it may have been heard since"
    assert (await heard(later)).last_seen == later
    moved = await heard(later + exactness / 2, Position(1, 1))
    assert moved.position == Position(1, 1), "where it is, is always written"
    assert moved.last_seen == later + exactness / 2
