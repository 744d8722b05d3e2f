from datetime import timedelta
from uuid import UUID

import pytest
from tests.fulfilment.making import make_offer, make_provider
from tests.web.site import Site

from thingdesk import fulfilment, notices
from thingdesk.cases import State
from thingdesk.fulfilment import Job, JobState, effects
from thingdesk.platform import clock, formats
from thingdesk.platform.money import Money


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


async def test_the_owners_page_says_when_the_provider_comes_and_no_mail_is_needed(
    site: Site,
) -> None:
    case_id, link = await site.offered("car-when")
    own = await site.own("car-when")
    async with site.browser() as browser:
        await browser.post(link, data={"action": "accept"})
        await site.hand.work()
        assert "expected" not in (await browser.get(own)).text
        for minutes in ("20", "40"):
            await browser.post(link, data={"action": "under_way", "minutes": minutes})
            await site.hand.work()
            job = await job_of(site, case_id)
            assert job.arrival
            comes = f"on the way, expected {formats.moment(job.arrival, 'Europe/Berlin')}"
            assert comes in (await browser.get(own)).text
        await browser.post(link, data={"action": "arrived"})
        await site.hand.work()
        assert "expected" not in (await browser.get(own)).text


async def test_what_an_owner_waits_for_on_the_road_has_its_time(site: Site) -> None:
    await site.car("car-road")
    case_id = await site.hand.opened("car-road", "vehicle.breakdown", {"code": "P0217"})
    job = await site.hand.accept(case_id)
    arrival = clock.now() + timedelta(minutes=20)
    async with site.hand.database.transaction() as tx:
        await fulfilment.under_way(tx, job.id, job.offer.provider, arrival)
    await site.hand.work()
    expected = formats.moment(arrival, "Europe/Berlin")
    async with site.browser() as browser:
        page = (await browser.get(await site.own("car-road"))).text
    assert f"Truck One, expected {expected}, to say that it is done (tow)" in page


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
    ("by", "why"),
    [
        ("sale", "the machine has another owner now"),
        ("owner", "the owner does not want it any more"),
        ("journey", "what it was part of cannot go on"),
    ],
)
async def test_a_job_that_is_taken_back_says_why(site: Site, by: str, why: str) -> None:
    car = f"car-back-{by}"
    case_id, link = await site.offered(car)
    async with site.browser() as browser:
        await browser.post(link, data={"action": "accept"})
        await browser.post(link, data={"action": "under_way", "minutes": "20"})
        await site.hand.work()
        assert "<dt>Arrival</dt>" in (await browser.get(link)).text
        if by == "sale":
            await site.hand.sell(car, None)
        elif by == "owner":
            await browser.post(f"{await site.own(car)}/cases/{case_id}/withdraw")
        else:
            with clock.reading(lambda: clock.system() + timedelta(days=90)):
                await site.hand.tick()
        page = (await browser.get(link)).text
    assert f"The job was taken back: {why}." in page
    assert "<dt>Arrival</dt>" not in page
    assert (await job_of(site, case_id)).reason == why, "which is what a webhook says"
    async with site.hand.database.transaction() as tx:
        told = [one.notice.words for one in await notices.of_case(tx, case_id)]
    assert [one for one in told if one.endswith(f"Why: {why}. There is nothing to do.")]


async def test_for_a_job_that_is_taken_back_nothing_is_due(site: Site) -> None:
    provider = await make_provider(site.hand.database)
    offer = make_offer(provider.id, amount=Money(4500, "EUR"))
    async with site.hand.database.transaction() as tx:
        await effects.offer_job(tx, offer)
    link = site.link("job", offer.effect_id)
    async with site.browser() as browser:
        assert "<dt>You are due</dt><dd><b>45.00 EUR</b>" in (await browser.get(link)).text
        async with site.hand.database.transaction() as tx:
            await effects.cancel_job(tx, offer.effect_id, "the owner drove on")
        page = (await browser.get(link)).text
    assert "The job was taken back: the owner drove on." in page
    assert "45.00" not in page


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
