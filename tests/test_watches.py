"""What the desk does from time to time, one thing not held up by another."""

from datetime import timedelta
from uuid import UUID

from tests.cases.openings import opening
from tests.hand import open_hand
from thingdesk import cases, notices, parties
from thingdesk.catalog import Catalog
from thingdesk.flow import Flow
from thingdesk.parties import Role
from thingdesk.platform import clock
from thingdesk.platform.database import Database, Transaction
from thingdesk.platform.loops import each


async def told(database: Database, case_id: UUID) -> list[str]:
    async with database.transaction() as tx:
        return [one.notice.kind for one in await notices.of_case(tx, case_id)]


async def test_a_watch_that_fails_holds_up_no_other_and_leaves_nothing(database: Database) -> None:
    hand = await open_hand(database, Flow(Catalog(()), ()))
    async with database.transaction() as tx:
        await parties.add_staff(tx, "one@example.org", "One", [Role.AGENT])
        await parties.add_staff(tx, "two@example.org", "Two", [Role.AGENT])
        (opened,) = await cases.open(tx, [opening("watched")])

    async def broken(tx: Transaction) -> int:
        await cases.open(tx, [opening("half-done")])
        raise RuntimeError("a mistake")

    turnable = clock.Turnable()
    with clock.reading(turnable):
        turnable.turn(timedelta(minutes=2))
        watches = (broken, *hand.flow.watches)
        assert await each(database, watches, 10) == 1, "the promise of a decision"
        assert await each(database, watches, 10) == 0
    assert await told(database, opened.case_id) == ["promise.broken"] * 2
    async with database.transaction() as tx:
        assert await cases.search(tx, cases.CaseFilter(subject="half-done", most=10)) == []
