from datetime import datetime, timedelta
from uuid import UUID

import pytest
from tests.cases.openings import opening

from thingdesk import cases
from thingdesk.cases import Criterion, Opening, Outcome, Sample
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database

WELL = Criterion(metric="t", high=10, hold=timedelta(minutes=2), samples=3)
MINUTE = timedelta(minutes=1)


async def proven(database: Database, subject: str) -> tuple[UUID, datetime]:
    """An open case whose proof was found five minutes ago."""
    since = clock.now() - 10 * MINUTE
    async with database.transaction() as tx:
        (opened,) = await cases.open(tx, [opening(subject)])
        case = await cases.get(tx, opened.case_id, lock=True)
        assert case
        await cases.begin_verification(tx, case, WELL, since, ids.new())
        times = [since + n * MINUTE for n in range(1, 6)]
        good = [Sample(subject, at, at, True, {"t": 5}, None) for at in times]
        assert await cases.prove(tx, good) == [opened.case_id]
    return opened.case_id, since + 3 * MINUTE


async def join_and_end(
    database: Database, case_id: UUID, *joining: Opening, relapse: timedelta
) -> Opening | None:
    async with database.transaction() as tx:
        opened = await cases.open(tx, joining)
        assert {one.case_id for one in opened} == {case_id}
    async with database.transaction() as tx:
        ended = await cases.end(tx, case_id, Outcome.VERIFIED, "Well.", {}, relapse)
        return await cases.came_back(tx, ended)


@pytest.mark.parametrize("back", [MINUTE, 5 * MINUTE])
async def test_a_finding_after_the_proof_is_taken_up_when_the_case_has_ended(
    database: Database, back: timedelta
) -> None:
    subject = f"back-{back.seconds}"
    case_id, at = await proven(database, subject)
    since = at - 30 * MINUTE
    found = opening(subject, origin="finding", at=at + back, owner_id=None, owned_since=since)
    later = opening(subject, origin="finding", at=at + 2 * back)
    window = 3 * MINUTE
    assert await join_and_end(database, case_id, later, found, relapse=window) == found
    async with database.transaction() as tx:
        (again,) = await cases.open(tx, [found])
        ended = await cases.get(tx, case_id)
        assert ended
        assert await cases.came_back(tx, ended) is None, "it is taken once"
    # within the window, which begins with the proof, it is the same case
    assert (again.reopened, again.new) == ((True, False) if back < window else (False, True))


async def test_what_was_found_before_the_proof_ends_with_the_case(database: Database) -> None:
    case_id, at = await proven(database, "before")
    found = opening("before", origin="finding", at=at - MINUTE)
    told = opening("before", at=at + MINUTE)
    assert await join_and_end(database, case_id, found, told, relapse=MINUTE) is None


async def test_the_proof_of_before_a_relapse_proves_nothing_any_more(database: Database) -> None:
    case_id, at = await proven(database, "again")
    found = opening("again", origin="finding", at=at + MINUTE)
    assert await join_and_end(database, case_id, found, relapse=timedelta(days=1)) == found
    async with database.transaction() as tx:
        assert (await cases.open(tx, [found]))[0].reopened
        await cases.open(tx, [opening("again", origin="finding", at=at + 2 * MINUTE)])
        with pytest.raises(cases.Unproven):
            await cases.end(tx, case_id, Outcome.VERIFIED, "Well.", {}, MINUTE)
        ended = await cases.end(tx, case_id, Outcome.FULFILLED, "Done.", {}, MINUTE)
        assert await cases.came_back(tx, ended) is None
