from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fulfilment.making import make_offer

from thingdesk.fulfilment.jobs.model import AFTER, Job, JobState, Move, key, keys, move
from thingdesk.platform import ids
from thingdesk.platform.errors import Recovery, Refusal

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
OFFER = make_offer(ids.new(), answer_by=NOW + timedelta(minutes=5))
ENDS = {state for state, following in AFTER.items() if not following}


def job_after(*states: JobState) -> Job:
    reached = dict.fromkeys((JobState.OFFERED, *states), NOW)
    return Job(OFFER, [JobState.OFFERED, *states][-1], reached)


def test_the_way_of_a_job_that_is_done() -> None:
    way = [JobState.ACCEPTED, JobState.UNDER_WAY, JobState.ARRIVED, JobState.DONE]
    for number in range(len(way)):
        assert move(job_after(*way[:number]), way[number], NOW) is Move.ON


@given(st.lists(st.sampled_from(JobState), max_size=8))
def test_whatever_is_tried_an_end_is_an_end_and_no_state_is_reached_twice(
    tries: list[JobState],
) -> None:
    job, way = job_after(), [JobState.OFFERED]
    for to in tries:
        if move(job, to, NOW) is Move.ON:
            assert job.state not in ENDS
            way.append(to)
            job = replace(job, state=to, reached={**job.reached, to: NOW})
    assert len(way) == len(set(way))
    assert all(to in AFTER[before] for before, to in pairwise(way))


@pytest.mark.parametrize("to", [JobState.ACCEPTED, JobState.DECLINED])
def test_an_offer_ends_at_its_deadline_before_anybody_looked(to: JobState) -> None:
    just_before = OFFER.answer_by - timedelta(microseconds=1)
    assert move(job_after(), to, just_before) is Move.ON
    answer = move(job_after(), to, OFFER.answer_by)
    assert isinstance(answer, Refusal)
    assert (answer.code, answer.recovery) == ("job_expired", Recovery.CONTACT_US)


def test_an_answer_given_before_is_repeated_also_after_the_job_went_on() -> None:
    job = job_after(JobState.ACCEPTED, JobState.UNDER_WAY)
    late = OFFER.answer_by + timedelta(days=1)
    assert move(job, JobState.ACCEPTED, late) is Move.REPEATED
    assert isinstance(move(job, JobState.DECLINED, late), Refusal)


@pytest.mark.parametrize(
    ("before", "to", "code", "recovery"),
    [
        ([], JobState.ARRIVED, "job_offered", Recovery.FIX_INPUT),
        ([JobState.ACCEPTED], JobState.DECLINED, "job_accepted", Recovery.CONTACT_US),
        ([JobState.DECLINED], JobState.ACCEPTED, "job_declined", Recovery.CONTACT_US),
        ([JobState.EXPIRED], JobState.ACCEPTED, "job_expired", Recovery.CONTACT_US),
        ([JobState.CANCELLED], JobState.DONE, "job_cancelled", Recovery.CONTACT_US),
        ([JobState.ACCEPTED, JobState.DONE], JobState.ARRIVED, "job_done", Recovery.CONTACT_US),
    ],
)
def test_a_wrong_answer_says_why_and_what_to_do(
    before: list[JobState], to: JobState, code: str, recovery: Recovery
) -> None:
    answer = move(job_after(*before), to, NOW)
    assert isinstance(answer, Refusal)
    assert (answer.code, answer.recovery) == (code, recovery)
    assert answer.reason


def test_who_waits_for_a_step_that_was_skipped_is_woken() -> None:
    accepted = job_after(JobState.ACCEPTED)
    assert keys(accepted, JobState.DONE) == tuple(
        f"job:{OFFER.effect_id}:{step}" for step in ("under_way", "arrived", "done")
    )
    arrived = job_after(JobState.ACCEPTED, JobState.ARRIVED)
    assert keys(arrived, JobState.DONE) == (
        key(OFFER.effect_id, JobState.UNDER_WAY),
        key(OFFER.effect_id, JobState.DONE),
    )
    assert keys(job_after(), JobState.EXPIRED) == (f"job:{OFFER.effect_id}:answer",)
