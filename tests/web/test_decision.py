import re
from dataclasses import replace
from datetime import timedelta

import pytest
from starlette.routing import Router
from tests.web.owners import get, owner_of
from tests.web.site import URL, Site

from thingdesk import decisions, notices, web
from thingdesk.cases import Outcome
from thingdesk.decisions import Option, State
from thingdesk.platform import clock, ids


async def test_the_owner_sees_the_dates_by_day_and_chooses_one(site: Site) -> None:
    case_id, link = await site.asked("car-a")
    async with site.browser() as browser:
        page = (await browser.get(link)).text
        assert "When may Centre Near see to" in page
        assert "<dt>By whom</dt><dd>Centre Near</dd>" in page
        assert "<dt>What it costs you</dt><dd>189.00 EUR</dd>" in page, "the part is reserved"
        assert "It reported trouble code P0301." in page
        assert len(re.findall(r"<legend>\w+day \d+ \w+</legend>", page)) > 1, "several days"
        assert "Times are those of Europe/Berlin" in page
        assert 'value="slot2"' in page
        answered = await browser.post(link, data={"option": "slot2"})
        assert (answered.status_code, answered.headers["location"]) == (303, link)
        after = (await browser.get(link)).text
    assert "Thank you" in after
    assert "There is nothing more to do" in after
    assert "Centre Near" in after
    assert "<form" not in after
    async with site.hand.database.transaction() as tx:
        (one,) = await decisions.of_case(tx, case_id)
    assert (one.state, one.chosen) == (State.ANSWERED, "slot2")


async def test_the_time_that_is_taken_without_an_answer_is_marked(site: Site) -> None:
    case_id, link = await site.asked("car-default")
    default = (await site.hand.question(case_id)).question.default
    async with site.browser() as browser:
        page = (await browser.get(link)).text
    (marked,) = [one for one in page.split("<label")[1:] if "if you do nothing" in one]
    assert f'value="{default}"' in marked
    assert "checked" not in marked, "that is the earliest, which may be gone by then"


async def test_looking_at_a_question_changes_nothing(site: Site) -> None:
    case_id, link = await site.asked("car-b")
    before, events = await site.hand.question(case_id), await site.hand.kinds(case_id)
    async with site.browser() as browser:
        for query in ("", "?option=slot1"):
            assert (await browser.get(link + query)).status_code == 200
        assert (await browser.head(link)).status_code == 405
    assert await site.hand.question(case_id) == before
    assert await site.hand.kinds(case_id) == events


async def test_an_approval_shows_one_action_and_its_amount(site: Site) -> None:
    case_id, link = await site.asked("car-c", terms=None)
    async with site.browser() as browser:
        page = (await browser.get(link)).text
        assert (
            'aside at Centre Near for <span class="unbroken">car-c</span> for 189.00 EUR?</h1>'
            in page
        )
        assert "<dt>What it costs you</dt><dd>189.00 EUR</dd>" in page
        assert "You have given us no mandate" in page
        assert "No answer is a no" in page
        await browser.post(link, data={"option": "no"})
        after = (await browser.get(link)).text
        assert "You said no." in after
        assert "Nothing\nis done of it." in after
    await site.hand.work()
    assert (await site.hand.case(case_id)).outcome is Outcome.REFUSED


async def test_what_was_said_yes_to_is_not_asked_for_as_if_it_were_new(site: Site) -> None:
    case_id, link = await site.asked("car-agreed", terms=None)
    async with site.browser() as browser:
        await browser.post(link, data={"option": "yes"})
        await site.hand.work()
        date = await site.hand.question(case_id)
        link = site.link("decision", date.question.id, date.question.owner_id)
        page = (await browser.get(link)).text
    cost = "nothing more than the 189.00 EUR that you said yes to"
    assert f"<dt>What it costs you</dt><dd>{cost}</dd>" in page
    async with site.hand.database.transaction() as tx:
        mails = [one.notice.words for one in await notices.of_case(tx, case_id)]
    assert any(f"What it costs you: {cost}\n" in one for one in mails)


async def test_after_a_choice_a_yes_may_still_be_asked_for(site: Site) -> None:
    case_id, _ = await site.asked("car-choice")
    asked = (await site.hand.question(case_id)).question
    options = (Option("fan", "A new fan"), Option("clean", "Clean it"))
    one = replace(asked, id=ids.new(), key="choice", options=options, default=None)
    async with site.hand.database.transaction() as tx:
        await decisions.ask(tx, one)
    link = site.link("decision", one.id, one.owner_id)
    async with site.browser() as browser:
        await browser.post(link, data={"option": "fan"})
        page = (await browser.get(link)).text
    assert "have to ask for your yes before it is done" in page
    assert "nothing more to do" not in page


async def test_another_answer_comes_too_late_and_hears_what_was_said(site: Site) -> None:
    _, link = await site.asked("car-d")
    async with site.browser() as browser:
        assert (await browser.post(link, data={"option": "slot1"})).status_code == 303
        assert (await browser.post(link, data={"option": "slot1"})).status_code == 303, "the same"
        late = await browser.post(link, data={"option": "slot0"})
    assert late.status_code == 409
    assert "This was answered already" in late.text


async def test_after_the_deadline_the_page_says_what_became_of_it(site: Site) -> None:
    case_id, _ = await site.asked("car-e")
    question = (await site.hand.question(case_id)).question
    link = site.link("decision", question.id, question.owner_id, lasts=timedelta(days=30))
    turnable = clock.Turnable()
    with clock.reading(turnable):
        turnable.turn(timedelta(hours=25))
        async with site.browser() as browser:
            assert "This can no longer be answered" in (await browser.get(link)).text
            assert (await browser.post(link, data={"option": "slot1"})).status_code == 409
            await site.hand.tick()
            assert "as we had said" in (await browser.get(link)).text


@pytest.mark.parametrize("given", [{}, {"option": ""}, {"option": "slot99"}, {"option": "\0"}])
async def test_what_is_no_answer_is_said_and_settles_nothing(
    site: Site, given: dict[str, str]
) -> None:
    case_id, link = await site.asked(f"car-f-{len(str(given))}-{ids.secret(3)}")
    async with site.browser() as browser:
        answer = await browser.post(link, data=given)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert (await site.hand.question(case_id)).state is State.OPEN


async def test_a_link_for_something_else_is_refused(site: Site) -> None:
    case_id, _ = await site.asked("car-g")
    question = (await site.hand.question(case_id)).question
    other = site.link("job", question.id).replace("/job/", "/decision/")
    old = site.link("decision", question.id, question.owner_id, lasts=-timedelta(minutes=1))
    nobody = site.link("decision", ids.new(), question.owner_id)
    somebody = site.link("decision", question.id, ids.new())
    links = ((other, 404), (old, 410), (nobody, 404), (somebody, 403), ("/decision/x", 404))
    async with site.browser() as browser:
        for link, status in links:
            for answer in (await browser.get(link), await browser.post(link, data={"option": "x"})):
                assert answer.status_code == status
                assert "<h1>" in answer.text
    assert (await site.hand.question(case_id)).state is State.OPEN


async def test_after_a_sale_the_former_owner_sees_nothing_of_the_case(site: Site) -> None:
    case_id, link = await site.asked("car-sold")
    answered_id, answered = await site.asked("car-sold-too")
    async with site.browser() as browser:
        await browser.post(answered, data={"option": "slot0"})
        for name in ("car-sold", "car-sold-too"):
            assert name in (await browser.get(link if name == "car-sold" else answered)).text
            await site.hand.sell(name, f"buyer-of-{name}")
        for path in (link, answered):
            for one in (
                await browser.get(path),
                await browser.post(path, data={"option": "slot1"}),
            ):
                assert one.status_code == 410
                assert "no longer yours" in one.text
                for known in ("car-sold", "Centre Near", "P0301", "Repair", "189"):
                    assert known not in one.text, known
    for one_id in (case_id, answered_id):
        assert (await site.hand.case(one_id)).outcome is Outcome.WITHDRAWN


async def test_a_page_that_cannot_help_names_the_person_that_there_is(site: Site) -> None:
    _, sold = await site.asked("car-sold-away")
    await site.hand.sell("car-sold-away", "somebody-else")
    app = Router()
    web.install(app, replace(site.pages, contact="help@example.org"))
    with_person = replace(site, app=app)
    for path, status in ((sold, 410), (site.link("decision", ids.new()), 404)):
        assert 'href="mailto:help@example.org"' in await get(with_person, path, status)
        assert "person" not in await get(site, path, status)


async def test_who_has_the_machine_anew_sees_nothing_of_before(site: Site) -> None:
    _, link = await site.asked("car-back")
    owner = await owner_of(site, "car-back")
    await site.hand.sell("car-back", None)
    async with site.hand.database.transaction() as tx:
        await site.hand.flow.transfer(tx, "car-back", owner, clock.now())
    assert "car-back" not in await get(site, link, 410)


async def test_a_form_of_another_site_is_refused(site: Site) -> None:
    case_id, link = await site.asked("car-h")
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": URL, "Sec-Fetch-Site": "cross-site"},
        {"Origin": URL, "Sec-Fetch-Site": "same-site"},
    ):
        async with site.browser(**headers) as browser:
            answer = await browser.post(link, data={"option": "slot0"})
        assert answer.status_code == 403
    assert (await site.hand.question(case_id)).state is State.OPEN


async def test_whoever_has_the_link_needs_nothing_else(site: Site) -> None:
    """Mail programs and simple clients say nothing about where a form comes from."""
    _, link = await site.asked("car-i")
    async with site.browser(Origin="null") as browser:
        assert (await browser.post(link, data={"option": "slot0"})).status_code == 303


async def test_the_address_of_the_page_is_told_to_nobody(site: Site) -> None:
    _, link = await site.asked("car-j")
    async with site.browser() as browser:
        headers = (await browser.get(link)).headers
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
