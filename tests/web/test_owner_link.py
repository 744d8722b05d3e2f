"""The link is the key to an owner's page: to no other, for a while, and told to nobody."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from tests.web.owners import everything, get, mandate_of, owner_of, told
from tests.web.site import GENEROUS, URL, Site

from thingdesk import notices, timeline
from thingdesk.parties import OWNER_PAGE
from thingdesk.platform import clock, ids
from thingdesk.web.contact import Contact, contact


async def test_a_link_for_something_else_is_refused(site: Site) -> None:
    case_id, _ = await site.asked("own-h")
    owner, before = await owner_of(site, "own-h"), await everything(site)
    other = site.link("decision", owner).replace("/decision/", "/owner/")
    links = [
        (other, 404),
        (site.link(OWNER_PAGE, owner, lasts=-timedelta(minutes=1)), 410),
        (site.link(OWNER_PAGE, ids.new()), 404),
        ("/owner/x", 404),
    ]
    places = (
        "",
        "/done",
        "/stop",
        "/mandate",
        "/questions",
        "/links",
        f"/cases/{case_id}/withdraw",
    )
    async with site.browser() as browser:
        for link, status in links:
            for place in places:
                assert (await browser.get(link + place)).status_code == status, place
                if place not in ("", "/done"):
                    given = {"services": "*", "questions": "1", "act": "grant"}
                    answer = await browser.post(link + place, data=given)
                    assert answer.status_code == status, place
    assert await everything(site) == before
    page = await get(site, links[1][0], 410)
    assert 'href="/owner"' in page


async def test_a_form_of_another_site_is_refused(site: Site) -> None:
    case_id, _ = await site.asked("own-i")
    own, before = await site.own("own-i"), await everything(site)
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": URL, "Sec-Fetch-Site": "cross-site"},
        {"Origin": URL, "Sec-Fetch-Site": "same-site"},
    ):
        async with site.browser(**headers) as browser:
            for place in (
                "/stop",
                "/mandate",
                "/questions",
                "/links",
                f"/cases/{case_id}/withdraw",
            ):
                given = {"services": "*", "questions": "1", "act": "grant"}
                assert (await browser.post(own + place, data=given)).status_code == 403
            assert (await browser.post("/owner", data={"email": "a@b.c"})).status_code == 403
    assert await everything(site) == before


async def test_the_address_of_the_page_is_told_to_nobody(site: Site) -> None:
    case_id, decision = await site.asked("own-j")
    own = await site.own("own-j")
    places = (
        "",
        "/done",
        "/stop",
        "/mandate",
        "/questions",
        "/links",
        f"/cases/{case_id}/withdraw",
    )
    async with site.browser(Origin="null") as browser:
        answers = [await browser.get(own + one) for one in places]
        answers += [await browser.get(own[:-1]), await browser.get(decision)]
        answers.append(await browser.post(own + "/stop"))
    for answer in answers:
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "unsafe" not in answer.headers["content-security-policy"]
    assert answers[-1].status_code == 303, "whoever has the link needs nothing else"


async def test_the_page_of_a_question_leads_to_the_owners(site: Site) -> None:
    _, decision = await site.asked("own-k")
    (own,) = re.findall(r'href="(/owner/[^"]+)"', await get(site, decision))
    assert "own-k" in await get(site, own)
    turnable = clock.Turnable()
    with clock.reading(turnable):
        turnable.turn(timedelta(days=1, seconds=1))
        await get(site, own, 410)


async def test_a_form_that_is_too_long_is_not_read(site: Site) -> None:
    await site.car("own-l")
    own = await site.own("own-l")
    async with site.browser() as browser:
        for path in (own + "/mandate", "/owner"):
            answer = await browser.post(path, data={"services": "x" * 70_000})
            assert answer.status_code == 400
            assert "<h1>" in answer.text
        many = {"services": ["vehicle.repair"] * 300, "act": "grant"}
        assert (await browser.post(own + "/mandate", data=many)).status_code == 422
    mandate = await mandate_of(site, "own-l")
    assert mandate
    assert (mandate.version, mandate.terms) == (1, GENEROUS)


async def test_who_asks_for_the_link_gets_it_by_mail_and_not_often(site: Site) -> None:
    await site.car("own-m")
    owner = await owner_of(site, "own-m")
    turnable = clock.Turnable()
    with clock.reading(turnable):
        async with site.browser() as browser:
            said = [
                (await browser.post("/owner", data={"email": email})).text
                for email in ("OWNER-OWN-M@example.org ", "owner-own-m@example.org", "x@y.z", "\0")
            ]
            assert len(set(said)) == 1, "nobody learns whose address is known"
            assert await told(site, owner) == ["owner.link"]
            turnable.turn(timedelta(minutes=10))
            await browser.post("/owner", data={"email": "owner-own-m@example.org"})
    assert await told(site, owner) == ["owner.link"] * 2
    async with site.hand.database.transaction() as tx:
        entries = await timeline.read(tx, f"owner:{owner}")
        (*_, last) = [one.value["notice"] for one in entries if one.value and "about" in one.value]
        sent = await notices.get(tx, UUID(last))
    assert sent
    assert sent.notice.page
    assert (sent.notice.page.purpose, sent.notice.page.subject) == (OWNER_PAGE, owner)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", None),
        (" \n ", None),
        ("help@example.org", Contact("help@example.org", "mailto:help@example.org")),
        ("+49 30 123-456", Contact("+49 30 123-456", "tel:+4930123456")),
        (
            "https://example.org/help",
            Contact("https://example.org/help", "https://example.org/help"),
        ),
        ("javascript:alert(1)", Contact("javascript:alert(1)")),
        ("Ask at the counter, 9 to 5", Contact("Ask at the counter, 9 to 5")),
    ],
)
def test_how_a_person_is_reached(text: str, shown: Contact | None) -> None:
    assert contact(text) == shown
