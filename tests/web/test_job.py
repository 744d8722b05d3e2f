from datetime import timedelta
from uuid import UUID

import pytest
from tests.web.site import Site

from thingdesk import fulfilment
from thingdesk.cases import State
from thingdesk.fulfilment import Job, JobState
from thingdesk.platform import clock


async def job_of(site: Site, case_id: UUID) -> Job:
    async with site.hand.database.transaction() as tx:
        return (await fulfilment.jobs_of(tx, case_id))[-1]


async def test_a_provider_takes_a_job_and_does_it(site: Site) -> None:
    case_id, link = await site.offered("car-k")
    async with site.browser() as browser:
        offer = (await browser.get(link)).text
        assert "P0301: the engine misfires. Fit ignition coil." in offer
        assert "Appointment" in offer
        assert "km from you" in offer
        for given in (
            {"action": "accept"},
            {"action": "under_way", "minutes": "20"},
            {"action": "arrived"},
            {"action": "done", "words": "Coil <b>fitted</b>."},
        ):
            answer = await browser.post(link, data=given)
            assert (answer.status_code, answer.headers["location"]) == (303, link)
            await site.hand.work()
        after = (await browser.get(link)).text
    assert "Coil &lt;b&gt;fitted&lt;/b&gt;." in after
    job = await job_of(site, case_id)
    assert job.arrival
    assert timedelta(minutes=18) < job.arrival - clock.now() <= timedelta(minutes=20)
    assert (await site.hand.case(case_id)).state is State.VERIFYING


async def test_looking_at_a_job_changes_nothing(site: Site) -> None:
    case_id, link = await site.offered("car-l")
    before, events = await job_of(site, case_id), await site.hand.kinds(case_id)
    async with site.browser() as browser:
        assert (await browser.get(f"{link}?action=accept")).status_code == 200
    assert await job_of(site, case_id) == before
    assert await site.hand.kinds(case_id) == events


async def test_a_decline_is_passed_on_with_its_reason(site: Site) -> None:
    case_id, link = await site.offered("car-m")
    async with site.browser() as browser:
        await browser.post(link, data={"action": "decline", "reason": "no lift free"})
        assert "passed on" in (await browser.get(link)).text
        late = await browser.post(link, data={"action": "accept"})
    assert late.status_code == 409
    await site.hand.work()
    async with site.hand.database.transaction() as tx:
        first, second = await fulfilment.jobs_of(tx, case_id)
    assert (first.state, first.reason) == (JobState.DECLINED, "no lift free")
    assert second.state is JobState.OFFERED


@pytest.mark.parametrize(
    "given",
    [{}, {"action": "explode"}, {"action": "done"}, {"action": "under_way", "minutes": "soon"}],
)
async def test_what_cannot_be_done_is_said(site: Site, given: dict[str, str]) -> None:
    case_id, link = await site.offered(f"car-n-{len(str(given))}")
    async with site.browser() as browser:
        answer = await browser.post(link, data=given)
    assert answer.status_code == 422
    assert (await job_of(site, case_id)).state is JobState.OFFERED


async def test_a_link_to_a_question_opens_no_job(site: Site) -> None:
    case_id, _ = await site.offered("car-o")
    job = await job_of(site, case_id)
    link = site.link("decision", job.id).replace("/decision/", "/job/")
    async with site.browser() as browser:
        assert (await browser.post(link, data={"action": "accept"})).status_code == 404
    assert (await job_of(site, case_id)).state is JobState.OFFERED
