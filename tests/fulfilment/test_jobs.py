from datetime import timedelta
from typing import Any

import pytest
from tests.fulfilment.making import (
    at_once,
    happened,
    heard,
    make_offer,
    make_provider,
    offered,
    overlapping,
)

from thingdesk import fulfilment
from thingdesk.fulfilment import Evidence, Job, JobOffer, JobState, effects
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database, Transaction
from thingdesk.platform.errors import Recovery, Refusal, Refused

SHOWN = Evidence("A new coil is in", {"photos": 2, "part": "P0301-coil"})


async def stored(database: Database, offer: JobOffer) -> Job:
    async with database.transaction() as tx:
        job = await fulfilment.get_job(tx, offer.effect_id)
        assert job is not None
        return job


async def answer(database: Database, verb: Any, offer: JobOffer, *said: object) -> Job | Refusal:
    """What the provider of the offer gets for an answer."""
    try:
        async with database.transaction() as tx:
            job: Job = await verb(tx, offer.effect_id, offer.provider, *said)
            return job
    except Refused as refused:
        return refused.refusal


async def code(database: Database, verb: Any, offer: JobOffer, *said: object) -> str:
    refusal = await answer(database, verb, offer, *said)
    assert isinstance(refusal, Refusal)
    return refusal.code


async def test_a_job_from_the_offer_to_its_evidence(database: Database) -> None:
    offer = await offered(database)
    job = await stored(database, offer)
    assert (job.offer, job.state, job.due) == (offer, JobState.OFFERED, None)

    arrival = clock.now() + timedelta(minutes=20)
    await answer(database, fulfilment.accept, offer)
    await answer(database, fulfilment.under_way, offer, arrival)
    await answer(database, fulfilment.arrived, offer)
    await answer(database, fulfilment.done, offer, SHOWN)

    job = await stored(database, offer)
    assert (job.state, job.arrival, job.evidence) == (JobState.DONE, arrival, SHOWN)
    assert list(job.reached) == ["offered", "accepted", "under_way", "arrived", "done"]
    assert job.due == offer.amount
    messages = await heard(database, offer.run_id)
    assert {one.rsplit(":", 1)[1]: value["state"] for one, value in messages.items()} == {
        "answer": "accepted",
        "under_way": "under_way",
        "arrived": "arrived",
        "done": "done",
    }
    told = messages[fulfilment.job_key(offer.effect_id, JobState.DONE)]
    assert told["evidence"] == {"words": SHOWN.words, "data": SHOWN.data}
    assert told["provider"] == str(offer.provider)
    assert await happened(database, offer.case_id) == [
        "job.offered",
        "job.accepted",
        "job.under_way",
        "job.arrived",
        "job.done",
    ]


async def test_a_job_without_an_amount_leaves_nothing_due(database: Database) -> None:
    offer = await offered(database, amount=None, position=None, part=None)
    await answer(database, fulfilment.accept, offer)
    await answer(database, fulfilment.done, offer, SHOWN)
    job = await stored(database, offer)
    assert (job.state, job.due, job.offer) == (JobState.DONE, None, offer)


async def test_the_same_answer_again_is_taken_in_peace_and_changes_nothing(
    database: Database,
) -> None:
    offer = await offered(database)
    arrival = clock.now() + timedelta(minutes=20)
    said: list[tuple[Any, ...]] = [
        (fulfilment.accept,),
        (fulfilment.under_way, arrival),
        (fulfilment.arrived,),
        (fulfilment.done, SHOWN),
    ]
    for verb, *words in said:
        assert isinstance(await answer(database, verb, offer, *words), Job)
    before = await stored(database, offer), await happened(database, offer.case_id)
    for verb, *words in said:
        assert isinstance(await answer(database, verb, offer, *words), Job)
    assert (await stored(database, offer), await happened(database, offer.case_id)) == before
    assert await code(database, fulfilment.done, offer, Evidence("other")) == "job_done"


async def test_a_decline_goes_to_the_journey_with_its_reason(database: Database) -> None:
    offer = await offered(database)
    await answer(database, fulfilment.decline, offer, "no truck free")
    assert isinstance(await answer(database, fulfilment.decline, offer), Job)
    message = (await heard(database, offer.run_id))[f"job:{offer.effect_id}:answer"]
    assert (message["state"], message["reason"]) == ("declined", "no truck free")
    assert await code(database, fulfilment.accept, offer) == "job_declined"


async def test_no_answer_by_the_deadline_expires_the_offer(database: Database) -> None:
    kept = await offered(database, answer_by=clock.now() + timedelta(hours=1))
    offer = await offered(database)
    turnable = clock.Turnable()
    with clock.reading(turnable):
        async with database.transaction() as tx:
            assert await fulfilment.expire_jobs(tx) == 0
        turnable.turn(timedelta(minutes=6))
        # late, though nobody has looked yet
        assert await code(database, fulfilment.accept, offer) == "job_expired"
        async with database.transaction() as tx:
            assert await fulfilment.expire_jobs(tx) == 1
        async with database.transaction() as tx:
            assert await fulfilment.expire_jobs(tx) == 0
        refusal = await answer(database, fulfilment.accept, offer)
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.recovery) == ("job_expired", Recovery.CONTACT_US)
    message = (await heard(database, offer.run_id))[f"job:{offer.effect_id}:answer"]
    assert message["state"] == "expired"
    assert await happened(database, offer.case_id) == ["job.offered", "job.expired"]
    assert (await stored(database, kept)).state is JobState.OFFERED


async def test_of_many_answers_at_once_one_counts(database: Database) -> None:
    offer = await offered(database)
    verbs = [fulfilment.accept, fulfilment.decline] * 10
    answers = await at_once(database, *(answer(database, verb, offer) for verb in verbs))
    state = (await stored(database, offer)).state
    assert state in {JobState.ACCEPTED, JobState.DECLINED}
    assert sum(isinstance(one, Job) for one in answers) == 10
    assert {one.code for one in answers if isinstance(one, Refusal)} == {f"job_{state}"}
    assert len(await happened(database, offer.case_id)) == 2


async def test_an_answer_waits_for_one_that_is_not_committed(database: Database) -> None:
    offer = await offered(database)
    with pytest.raises(Refused, match="job_accepted"):
        await overlapping(
            database,
            lambda tx: fulfilment.accept(tx, offer.effect_id, offer.provider),
            lambda tx: fulfilment.decline(tx, offer.effect_id, offer.provider),
        )
    assert (await stored(database, offer)).state is JobState.ACCEPTED


async def test_an_answer_and_the_deadline_at_once(database: Database) -> None:
    offer = await offered(database)
    turnable = clock.Turnable()

    async def expire_late(tx: Transaction) -> int:
        with clock.reading(turnable):
            return await fulfilment.expire_jobs(tx)

    turnable.turn(timedelta(minutes=6))
    await overlapping(
        database,
        lambda tx: fulfilment.accept(tx, offer.effect_id, offer.provider),
        expire_late,
    )
    assert (await stored(database, offer)).state is JobState.ACCEPTED


async def test_a_new_estimate_is_kept_and_told_on_the_timeline(database: Database) -> None:
    offer = await offered(database)
    first = clock.now() + timedelta(minutes=20)
    later = first + timedelta(minutes=30)
    await answer(database, fulfilment.accept, offer)
    for arrival in (first, later, later):
        await answer(database, fulfilment.under_way, offer, arrival)
    assert (await stored(database, offer)).arrival == later
    assert (await happened(database, offer.case_id)).count("job.under_way") == 2
    await answer(database, fulfilment.arrived, offer)
    await answer(database, fulfilment.under_way, offer, first)
    assert (await stored(database, offer)).arrival == later


@pytest.mark.parametrize("ahead", [timedelta(hours=-1), timedelta(days=30)])
async def test_an_arrival_that_cannot_be_is_refused_with_its_field(
    database: Database, ahead: timedelta
) -> None:
    offer = await offered(database)
    await answer(database, fulfilment.accept, offer)
    refusal = await answer(database, fulfilment.under_way, offer, clock.now() + ahead)
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.fields[0].path) == ("answer_invalid", "arrival")
    naive = (clock.now() + timedelta(minutes=1)).replace(tzinfo=None)
    assert await code(database, fulfilment.under_way, offer, naive) == "answer_invalid"
    assert (await stored(database, offer)).state is JobState.ACCEPTED


@pytest.mark.parametrize(
    ("evidence", "path"),
    [
        (Evidence("x" * 4001), "words"),
        (Evidence("a\x00b"), "words"),
        (Evidence("ok", {"photo": "x" * 20_000}), "data"),
        (Evidence("ok", {"measured": float("nan")}), "data"),
        (Evidence("ok", {"text": "a\x00b"}), "data"),
        (Evidence("ok", {"a\ud800": 1}), "data"),
        (Evidence("ok", {"number": 2**70}), "data"),
        (
            Evidence("ok", {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": 1}}}}}}}}),
            "data",
        ),
    ],
)
async def test_evidence_that_cannot_be_stored_is_refused_with_its_field(
    database: Database, evidence: Evidence, path: str
) -> None:
    offer = await offered(database)
    await answer(database, fulfilment.accept, offer)
    refusal = await answer(database, fulfilment.done, offer, evidence)
    assert isinstance(refusal, Refusal)
    assert (refusal.code, [one.path for one in refusal.fields]) == ("answer_invalid", [path])
    assert (await stored(database, offer)).state is JobState.ACCEPTED


async def test_another_provider_does_not_see_the_job(database: Database) -> None:
    offer = await offered(database)
    stranger = make_offer(ids.new(), effect_id=offer.effect_id)
    for verb in (fulfilment.accept, fulfilment.decline, fulfilment.arrived):
        assert await code(database, verb, stranger) == "job_unknown"
    assert await code(database, fulfilment.accept, make_offer(offer.provider)) == "job_unknown"
    assert (await stored(database, offer)).state is JobState.OFFERED


async def test_offering_the_same_effect_again_changes_nothing(database: Database) -> None:
    provider, other = await make_provider(database), await make_provider(database)
    offer = make_offer(provider.id)
    again = make_offer(other.id, effect_id=offer.effect_id, case_id=offer.case_id)

    async def repeat() -> None:
        async with database.transaction() as tx:
            assert await effects.offer_job(tx, again) == offer.effect_id

    async with database.transaction() as tx:
        assert await effects.offer_job(tx, offer) == offer.effect_id
        await effects.offer_job(tx, again)
    await at_once(database, *(repeat() for _ in range(10)))
    assert (await stored(database, offer)).offer == offer
    assert await happened(database, offer.case_id) == ["job.offered"]


async def test_a_cancelled_job_is_over_and_cancelling_is_safe_to_repeat(
    database: Database,
) -> None:
    offer = make_offer((await make_provider(database)).id)
    async with database.transaction() as tx:
        assert await effects.cancel_job(tx, offer.effect_id, "not needed") is None
        await effects.offer_job(tx, offer)
        job = await effects.cancel_job(tx, offer.effect_id, "the journey failed")
        assert job is not None
        assert job.state is JobState.CANCELLED
    async with database.transaction() as tx:
        again = await effects.cancel_job(tx, offer.effect_id, "once more")
        assert again is not None
        assert again.reason == "the journey failed"
    assert await code(database, fulfilment.accept, offer) == "job_cancelled"
    assert await happened(database, offer.case_id) == ["job.offered", "job.cancelled"]


async def test_a_job_that_is_done_is_not_cancelled(database: Database) -> None:
    offer = await offered(database)
    await answer(database, fulfilment.accept, offer)
    await answer(database, fulfilment.done, offer, SHOWN)
    async with database.transaction() as tx:
        job = await effects.cancel_job(tx, offer.effect_id, "too late")
    assert job is not None
    assert job.state is JobState.DONE


async def test_the_jobs_of_a_case(database: Database) -> None:
    case_id = ids.new()
    offers = [await offered(database, case_id=case_id) for _ in range(3)]
    await offered(database)
    async with database.transaction() as tx:
        jobs = await fulfilment.jobs_of(tx, case_id)
    assert [job.id for job in jobs] == [offer.effect_id for offer in offers]
