from datetime import datetime, timedelta

import pytest
from tests.cases.openings import opening

from thingdesk import cases, timeline
from thingdesk.cases import Criterion, Outcome, Sample, Unproven
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database

COOL = Criterion(metric="temperature", high=95, hold=timedelta(minutes=10), samples=3)
MINUTE = timedelta(minutes=1)


def samples(
    subject: str, since: datetime, *values: float, every: timedelta = MINUTE
) -> list[Sample]:
    return [
        Sample(subject, at, at, True, {"temperature": value}, None)
        for at, value in ((since + n * every, one) for n, one in enumerate(values, start=1))
    ]


async def test_only_the_subjects_own_later_signals_call_a_case_verified(database: Database) -> None:
    since = clock.now()
    async with database.transaction() as tx:
        (opened,) = await cases.open(tx, [opening("oven-1")])
    async with database.transaction() as tx:
        case = await cases.get(tx, opened.case_id)
        assert case
        await cases.begin_verification(tx, case, COOL, since, ids.new())
    with pytest.raises(Unproven):
        async with database.transaction() as tx:
            await cases.end(tx, case.id, Outcome.VERIFIED, "", {}, timedelta(days=1))
    async with database.transaction() as tx:
        assert await cases.prove(tx, samples("oven-2", since, *[80] * 20)) == []
        assert await cases.prove(tx, samples("oven-1", since, *[80] * 5)) == []
    async with database.transaction() as tx:
        proven = await cases.prove(tx, samples("oven-1", since + 5 * MINUTE, *[80] * 6))
    assert proven == [case.id]
    async with database.transaction() as tx:
        await cases.end(tx, case.id, Outcome.VERIFIED, "Cool again.", {}, timedelta(days=1))
    async with database.transaction() as tx:
        entries = await timeline.read(tx, f"case:{case.id}")
        assert [entry.kind for entry in entries] == [
            "case.opened",
            "verification.begun",
            "verification.proven",
            "promise.kept",
            "case.ended",
        ]
        assert await cases.prove(tx, samples("oven-1", since, *[80] * 20)) == []


async def test_a_proof_that_was_given_up_does_not_count(database: Database) -> None:
    since = clock.now()
    async with database.transaction() as tx:
        (opened,) = await cases.open(tx, [opening("oven-3")])
        case = await cases.get(tx, opened.case_id)
        assert case
        one, _ = await cases.begin_verification(tx, case, COOL, since, ids.new())
        await cases.give_up_verification(tx, one)
    async with database.transaction() as tx:
        assert await cases.prove(tx, samples("oven-3", since, *[80] * 20)) == []
    with pytest.raises(Unproven):
        async with database.transaction() as tx:
            await cases.end(tx, case.id, Outcome.VERIFIED, "", {}, timedelta(days=1))
