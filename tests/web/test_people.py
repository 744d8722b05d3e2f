"""Staff and providers, as the console shows them and admins change them."""

import html
import re
from datetime import time
from uuid import UUID

import pytest
from tests.web.people import PASSWORD, account, logged_in
from tests.web.site import Site

from thingdesk import fulfilment, parties
from thingdesk.parties import Role, Span, WeeklyHours
from thingdesk.platform import formats, ids
from thingdesk.web.words import hours_words

INVITED = {"email": "New@Example.org", "name": "Nia New", "roles": ["agent", "leader"]}


def text(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


async def staff_id(site: Site, email: str) -> UUID:
    async with site.hand.database.transaction() as tx:
        return next(one.id for one in await parties.all_staff(tx) if one.email == email)


async def test_somebody_is_invited_by_a_link_that_is_shown_once(site: Site) -> None:
    async with logged_in(site, "chief", Role.ADMIN) as browser:
        page = await browser.post("/people", data=INVITED)
        assert page.status_code == 200
        (link,) = re.findall(
            r'<code id="link">http://desk.example(/set-up/[^<]+)</code>', page.text
        )
        later = (await browser.get("/people")).text
        assert "/set-up/" not in later, "never again"
        assert "Nia New agent leader no password yet" in text(later)
        assert "Nia New got an account (agent, leader), by Chief" in text(later)
        twice = await browser.post("/people", data=INVITED)
        assert twice.status_code == 422
        assert "Has, or had, an account" in text(twice.text)
    async with site.browser() as browser:
        answer = await browser.post(link, data={"password": PASSWORD, "again": PASSWORD})
        assert answer.headers["location"] == "/log-in?ready=1&email=new%40example.org"
        form = {"email": "new@example.org", "password": PASSWORD}
        assert (await browser.post("/log-in", data=form)).status_code == 303


async def test_a_new_link_makes_the_older_one_useless(site: Site) -> None:
    email = await account(site, "lost")
    path = f"/people/{await staff_id(site, email)}/link"
    async with logged_in(site, "chief", Role.ADMIN) as browser:
        found = [
            re.findall(r"http://desk.example(/set-up/[\w-]+)<", (await browser.post(path)).text)
            for _ in range(2)
        ]
        assert (await browser.get(found[0][0])).status_code == 410
        assert (await browser.get(found[1][0])).status_code == 200
        assert (await browser.post(f"/people/{ids.new()}/link")).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"email": "nobody"}, "Is no e-mail address"),
        ({"name": " "}, "Is missing"),
        ({"roles": []}, "give at least one role"),
        ({"roles": ["king"]}, "choose among them"),
    ],
)
async def test_what_cannot_be_an_account_is_said(
    site: Site, wrong: dict[str, object], words: str
) -> None:
    async with logged_in(site, "chief", Role.ADMIN) as browser:
        form = {"email": "x@example.org", "name": "X", "roles": ["agent"]} | wrong
        answer = await browser.post("/people", data=form)
    assert answer.status_code == 422
    assert words in text(answer.text)


async def test_an_account_is_closed_by_typing_whose_and_its_sessions_end(site: Site) -> None:
    email = await account(site, "leaver")
    path = f"/people/{await staff_id(site, email)}/disable"
    async with logged_in(site, "leaver") as gone, logged_in(site, "chief", Role.ADMIN) as browser:
        unsure = await browser.post(path, data={"address": "leaver"})
        assert unsure.status_code == 422
        assert "type leaver@example.org" in text(unsure.text)
        assert (await gone.get("/")).status_code == 200
        done = await browser.post(path, data={"address": "Leaver@example.org"})
        assert done.headers["location"] == "/people?said=disabled"
        assert (await gone.get("/")).status_code == 303, "at once"
        page = text((await browser.get("/people")).text)
        assert "Leaver has no account any more, by Chief" in page
        assert "leaver@example.org" not in page


async def test_the_last_who_may_administer_cannot_be_disabled(site: Site) -> None:
    async with logged_in(site, "chief", Role.ADMIN) as browser:
        chief = await staff_id(site, "chief@example.org")
        form = {"address": "chief@example.org"}
        answer = await browser.post(f"/people/{chief}/disable", data=form)
        assert answer.status_code == 422
        assert "Chief is the last one who may administer" in text(answer.text)
        roles = await browser.post(f"/people/{chief}/roles", data={"roles": ["leader"]})
        assert "is the last one who may administer" in text(roles.text)
        assert (await browser.get("/people")).status_code == 200


async def test_roles_count_from_the_next_page_on(site: Site) -> None:
    email = await account(site, "riser")
    path = f"/people/{await staff_id(site, email)}/roles"
    async with logged_in(site, "riser") as riser, logged_in(site, "chief", Role.ADMIN) as browser:
        assert (await riser.post("/policy")).status_code == 403
        done = await browser.post(path, data={"roles": ["leader"]})
        assert done.headers["location"] == "/people?said=roles"
        assert (await riser.post("/policy")).status_code == 422, "it may, and said nothing"
        assert "Riser is leader now, by Chief" in text((await browser.get("/people")).text)


async def test_only_an_admin_changes_staff(site: Site) -> None:
    other = await staff_id(site, await account(site, "other"))
    async with logged_in(site, "lea", Role.LEADER) as browser:
        page = (await browser.get("/people")).text
        assert "An admin invites others" in page
        assert 'action="/people' not in page
        for path in ("", f"/{other}/link", f"/{other}/roles", f"/{other}/disable"):
            answer = await browser.post(f"/people{path}", data=INVITED)
            assert answer.status_code == 403, path
            assert "Only an admin may add and disable staff." in text(answer.text)


async def test_providers_show_what_they_can_do_and_what_they_were_asked(site: Site) -> None:
    case_id, _ = await site.offered("car-prov")
    async with site.hand.database.transaction() as tx:
        near = (await parties.providers_of_kinds(tx, ["repair_centre"]))["repair_centre"][1]
    assert near.name == "Centre Near"
    async with logged_in(site) as browser:
        page = text((await browser.get("/providers")).text)
        assert re.search(r"Centre Near repair centre: engine, cooling [^0-9]+ 1 in hand", page)
        async with site.hand.database.transaction() as tx:
            (booked,) = await fulfilment.appointments_of(tx, case_id)
        when = formats.moment(booked.period.start)
        assert f"at a time Next appointment {when}" in page
        found = (await browser.get(f"/providers/{near.id}")).text
        assert f'href="/cases/{case_id}"' in found
        assert "Repair , car-prov offered" in text(found)
        assert f"{when} to {formats.time(booked.period.end)} · P0301" in text(found)
        assert near.webhook_secret not in found
        assert 'href="/providers" aria-current="true"' in found
        assert (await browser.get(f"/providers/{ids.new()}")).status_code == 404


def test_hours_are_said_as_people_say_them() -> None:
    assert hours_words(WeeklyHours.always()) == "day and night"
    assert hours_words(WeeklyHours(())) == "never"
    weekdays = WeeklyHours.weekdays(time(8), time(17, 30))
    assert hours_words(weekdays) == "Mon to Fri 08:00\u201317:30"
    broken = WeeklyHours((*weekdays.spans, Span(5, 0, 540), Span(5, 600, 1440)))
    assert (
        hours_words(broken) == "Mon to Fri 08:00\u201317:30; Sat 00:00\u201309:00, 10:00\u201324:00"
    )
