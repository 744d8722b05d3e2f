"""A provider that says things twice, too late, in another order or beyond all sense.

Each gets a clear answer with a code and a recovery, and nothing of it is stored by half.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from tests.channels.http.linking import Link
from tests.fulfilment.making import happened, heard
from tests.saying import refused

from thingdesk import fulfilment
from thingdesk.fulfilment import effects
from thingdesk.platform import clock
from thingdesk.platform.database import Database

ACCEPT, DECLINE, ARRIVED = {"action": "accept"}, {"action": "decline"}, {"action": "arrived"}
DONE = {"action": "done", "words": "Towed."}


def under_way(minutes: float = 20) -> dict[str, Any]:
    arrival = clock.now() + timedelta(minutes=minutes)
    return {"action": "under_way", "arrival": arrival.isoformat()}


UNDER_WAY = under_way(60)
CONFLICTS = [
    ([], ARRIVED, "job_offered", "fix_input"),
    ([], DONE, "job_offered", "fix_input"),
    ([], UNDER_WAY, "job_offered", "fix_input"),
    ([ACCEPT], DECLINE, "job_accepted", "contact_us"),
    ([DECLINE], ACCEPT, "job_declined", "contact_us"),
    ([DECLINE], DONE, "job_declined", "contact_us"),
    ([ACCEPT, ARRIVED], UNDER_WAY, "job_arrived", "contact_us"),
    ([ACCEPT, ARRIVED], DECLINE, "job_arrived", "contact_us"),
    ([ACCEPT, DONE], ARRIVED, "job_done", "contact_us"),
    ([ACCEPT, DONE], UNDER_WAY, "job_done", "contact_us"),
    ([ACCEPT, DONE], DECLINE, "job_done", "contact_us"),
    ([ACCEPT, DONE], DONE | {"words": "Towed twice."}, "job_done", "contact_us"),
]


@pytest.mark.parametrize(("before", "said", "code", "recovery"), CONFLICTS)
async def test_what_does_not_fit_the_state_of_the_job_changes_nothing(
    link: Link, database: Database, before: list[Any], said: Any, code: str, recovery: str
) -> None:
    for one in before:
        assert (await link.say(**one)).status_code == httpx.codes.OK
    seen, told = await link.look(), await happened(database, link.job.case_id)
    refused(await link.say(**said), 409, code, recovery)
    assert await link.look() == seen
    assert await happened(database, link.job.case_id) == told


@pytest.mark.parametrize(
    "said",
    [
        [ACCEPT],
        [DECLINE],
        [ACCEPT, ARRIVED],
        [ACCEPT, UNDER_WAY],
        [ACCEPT, UNDER_WAY, ARRIVED, DONE],
    ],
)
async def test_the_same_again_is_answered_in_the_same_way(
    link: Link, database: Database, said: list[Any]
) -> None:
    for one in said:
        await link.say(**one)
    seen, told = await link.look(), await happened(database, link.job.case_id)
    messages = await heard(database, link.job.run_id)
    for one in said:
        again = await link.say(**one)
        assert (again.status_code, again.json()) == (httpx.codes.OK, seen)
    assert await happened(database, link.job.case_id) == told
    assert await heard(database, link.job.run_id) == messages


async def test_an_offer_that_was_taken_back_is_over(link: Link, database: Database) -> None:
    async with database.transaction() as tx:
        await effects.cancel_job(tx, link.job.effect_id, "the owner drove on")
    for said in (ACCEPT, DECLINE, ARRIVED, DONE, under_way()):
        refused(await link.say(**said), 409, "job_cancelled", "contact_us")


NEVER: list[Any] = [
    "2026-11-21T20:00:00",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "soon",
    "",
    None,
    1e300,
    [],
]


@pytest.mark.parametrize("arrival", NEVER, ids=str)
async def test_a_time_of_arrival_that_is_none_is_told_by_its_field(
    link: Link, arrival: Any
) -> None:
    await link.say(**ACCEPT)
    answer = await link.say(action="under_way", arrival=arrival)
    (field,) = refused(answer, 422, "answer_invalid", "fix_input")
    assert field["path"] == "arrival"
    assert (await link.look())["state"] == "accepted"


@pytest.mark.parametrize("minutes", [-60, 60 * 24 * 365, 60 * 24 * 7 + 1])
async def test_an_arrival_long_past_or_far_away_is_told_by_its_field(
    link: Link, minutes: float
) -> None:
    await link.say(**ACCEPT)
    (field,) = refused(await link.say(**under_way(minutes)), 422, "answer_invalid", "fix_input")
    assert field["path"] == "arrival"
    assert field["mend"]
    seen = await link.look()
    assert (seen["state"], seen["arrival"]) == ("accepted", None)


async def test_a_bad_new_estimate_leaves_the_good_one(link: Link) -> None:
    await link.say(**ACCEPT)
    await link.say(**UNDER_WAY)
    await link.say(**under_way(-60))
    seen = await link.look()
    assert datetime.fromisoformat(seen["arrival"]) == datetime.fromisoformat(UNDER_WAY["arrival"])


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"a": value}
    return value


TOO_MUCH = [
    ({"words": "w" * 2001}, "words"),
    ({"words": "\x07"}, "words"),
    ({"data": {"photo": "x" * 20_000}}, "data"),
    ({"data": {f"k{n}": n for n in range(5000)}}, "data"),
    ({"data": deep(9)}, "data"),
    ({"data": {"n": 2**60}}, "data"),
    ({"data": {"a\x00": 1}}, "data"),
]


@pytest.mark.parametrize(("evidence", "path"), TOO_MUCH)
async def test_evidence_that_is_too_much_leaves_the_job_as_it_was(
    link: Link, database: Database, evidence: Any, path: str
) -> None:
    await link.say(**ACCEPT)
    answer = await link.say(**(DONE | evidence))
    fields = refused(answer, 422, answer.json()["code"], "fix_input")
    assert [one["path"].split(".")[-1] for one in fields] == [path]
    assert (await link.look())["state"] == "accepted"
    assert await happened(database, link.job.case_id) == ["job.offered", "job.accepted"]
    assert (await link.say(**DONE)).status_code == httpx.codes.OK


async def test_after_the_deadline_no_answer_counts(link: Link, database: Database) -> None:
    """Whether or not anybody has looked since."""
    async with database.transaction() as tx:
        past = datetime.now(UTC) - timedelta(seconds=1)
        await tx.execute("update job set answer_by = $2 where id = $1", link.job.effect_id, past)
    for said in (ACCEPT, DECLINE):
        refused(await link.say(**said), 409, "job_expired", "contact_us")
    async with database.transaction() as tx:
        await fulfilment.expire_jobs(tx)
    for said in (ACCEPT, DECLINE, DONE):
        refused(await link.say(**said), 409, "job_expired", "contact_us")
    assert await happened(database, link.job.case_id) == ["job.offered", "job.expired"]
