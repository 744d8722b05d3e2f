"""A question's own address: no secret is in it, and only its owner, logged in, can answer."""

from uuid import UUID

from tests.web.entering import entered
from tests.web.owners import everything, owner_of
from tests.web.site import Site

from thingdesk import decisions, parties
from thingdesk.platform import ids


async def a_question(site: Site, name: str) -> tuple[UUID, UUID, UUID]:
    """The case, the question, and its owner."""
    case_id, _ = await site.asked(name, terms=None)
    question = (await site.hand.question(case_id)).question
    return case_id, question.id, await owner_of(site, name)


async def state_of(site: Site, question: UUID) -> decisions.State:
    async with site.hand.database.transaction() as tx:
        found = await decisions.get(tx, question)
    assert found
    return found.state


async def test_the_owner_answers_it_once_logged_in(site: Site) -> None:
    _, question, owner = await a_question(site, "question-a")
    async with entered(site, owner) as browser:
        page = await browser.get(f"/question/{question}")
        assert page.status_code == 200
        assert "May we set one ignition coil aside" in page.text
        assert (await browser.post(f"/question/{question}")).status_code == 422
        answer = await browser.post(f"/question/{question}", data={"option": "yes"})
        assert (answer.status_code, answer.headers["location"]) == (303, f"/question/{question}")
        assert "You said" in (await browser.get(f"/question/{question}")).text
        again = await browser.post(f"/question/{question}", data={"option": "no"})
        assert again.status_code == 409
    assert await state_of(site, question) is decisions.State.ANSWERED


async def test_an_agent_that_opens_it_can_do_nothing(site: Site) -> None:
    """Not by opening it, not by sending its form, not with a token of its own, not with a link to
    another page of the owner's, and not as another owner.
    """
    _, question, owner = await a_question(site, "question-b")
    await site.car("question-c")
    before = await everything(site)
    place, yes = f"/question/{question}", {"option": "yes"}
    token = {"Authorization": "Bearer eyJhbGciOiJFZERTQSJ9.e30.c2ln"}
    async with site.browser() as browser:
        for headers in ({}, token):
            for answer in (
                await browser.get(place, headers=headers),
                await browser.post(place, data=yes, headers=headers),
            ):
                assert answer.status_code == 303
                assert answer.headers["location"] == f"/enter?next=/question/{question}"
        forged = site.link(parties.OWNER_PAGE, owner).rpartition("/")[2]
        for cookie in (forged, "x", ""):
            jar = {"Cookie": f"thingdesk-owner={cookie}"}
            assert (await browser.post(place, data=yes, headers=jar)).status_code == 303
    async with site.browser(**{"Sec-Fetch-Site": "cross-site"}) as browser:
        assert (await browser.post(place, data=yes)).status_code == 403
    assert await everything(site) == before
    assert await state_of(site, question) is decisions.State.OPEN
    async with entered(site, await owner_of(site, "question-c")) as browser:
        assert (await browser.get(place)).status_code in (403, 404)
        assert (await browser.post(place, data=yes)).status_code in (403, 404)
        assert (await browser.get(f"/question/{ids.new()}")).status_code == 404
    assert await state_of(site, question) is decisions.State.OPEN


async def test_after_a_sale_the_former_owner_sees_nothing_of_it(site: Site) -> None:
    _, question, owner = await a_question(site, "question-d")
    await site.hand.sell("question-d", "buyer-question-d")
    async with entered(site, owner) as browser:
        page = await browser.get(f"/question/{question}")
    assert page.status_code in (403, 404, 410)
    assert "ignition" not in page.text
