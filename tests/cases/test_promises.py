from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from pydantic import ValidationError
from tests.cases.openings import opening
from tests.hand import open_hand

from thingdesk import cases
from thingdesk.catalog import Catalog
from thingdesk.flow import Flow
from thingdesk.platform import clock
from thingdesk.platform.database import Database
from thingdesk.platform.settings import Settings
from thingdesk.sdk import Data, Journey, Outcome, Promise, hours, service

FRIDAY = datetime(2026, 11, 20, 16, 30, tzinfo=UTC)


class Wish(Data):
    words: str = ""


@service("office.call", title="Call back", promise=Promise(resolution="2h", business_hours=True))
async def call(journey: Journey, wish: Wish) -> Outcome:
    await journey.wait("never", until=await journey.now() + hours(1000))
    return Outcome(words=wish.words or "Called.")


async def resolution(database: Database, case_id: UUID | None) -> datetime | None:
    async with database.transaction() as tx:
        assert case_id
        promised = await cases.promises_of(tx, case_id)
    return next(one.due_at for one in promised if one.name == "resolution")


@pytest.mark.parametrize(
    ("zone", "due"),
    [
        # half past five in Berlin: closed until Monday at nine
        ("Europe/Berlin", datetime(2026, 11, 23, 10, 0, tzinfo=UTC)),
        # half an hour on Friday, the rest on Monday
        ("UTC", datetime(2026, 11, 23, 10, 30, tzinfo=UTC)),
        # in New York it is half past eleven in the morning
        ("America/New_York", datetime(2026, 11, 20, 18, 30, tzinfo=UTC)),
    ],
)
async def test_business_hours_are_those_of_the_organisations_zone(
    database: Database, zone: str, due: datetime
) -> None:
    hand = await open_hand(database, Flow(Catalog((call,)), (), zone))
    name = zone.replace("/", "-")
    await hand.machine(name, "phone")
    with clock.reading(lambda: FRIDAY):
        case_id = await hand.opened(name, "office.call", {})
    assert await resolution(database, case_id) == due


async def test_promises_to_machines_run_at_night_too(database: Database) -> None:
    with clock.reading(lambda: FRIDAY):
        async with database.transaction() as tx:
            (opened,) = await cases.open(tx, [opening("at-night")])
    assert await resolution(database, opened.case_id) == FRIDAY + timedelta(days=5)


_READ = (
    "select seq_tup_read + coalesce(idx_tup_fetch, 0) from pg_stat_xact_user_tables"
    " where relname = 'case_promise'"
)


async def test_who_ends_a_case_reads_its_own_promises(database: Database) -> None:
    """Also while PostgreSQL has not looked at the table yet."""
    async with database.transaction() as tx:
        opened = await cases.open(tx, [opening(f"ends-{n}") for n in range(200)])
    async with database.transaction() as tx:
        before = await tx.fetchval(_READ)
        await cases.end(tx, opened[0].case_id, cases.Outcome.REFUSED, "No.", {}, timedelta(days=1))
        assert await tx.fetchval(_READ) - before < 20


def test_a_zone_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValidationError, match="IANA name such as Europe/Berlin"):
        Settings(zone="Europe/Nowhere")
