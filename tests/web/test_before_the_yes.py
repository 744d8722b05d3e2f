"""What an owner is told before their yes, and where they are led, with a code and without one."""

import re
from dataclasses import replace

import httpx
import pytest
from starlette.routing import Router
from tests.web.allowing import ASKS, a_code, a_request
from tests.web.entering import code_of, entered
from tests.web.site import Site
from tests.web.test_allow import FORM, an_owner, given_by

from thingdesk import parties, web
from thingdesk.access import Client
from thingdesk.platform import ids


async def test_a_code_comes_along_to_the_log_in_and_back(site: Site) -> None:
    """By a QR code the owner is not asked to type it, neither before the log-in nor after it."""
    owner = await an_owner(site, "pair-j")
    shown = await a_code(site)
    async with site.hand.database.transaction() as tx:
        known = await parties.get_owner(tx, owner)
    assert known
    async with site.browser() as browser:
        answer = await browser.post("/pair", data={"user_code": shown.user_code.lower()})
        there = httpx.URL(answer.headers["location"])
        assert there.path == "/enter"
        next_ = there.params["next"]
        assert next_ == f"/pair?user_code={shown.user_code}"
        page = await browser.get(str(there))
        assert f'name="next" value="{next_}"' in page.text
        await browser.post("/enter", data={"email": known.email, "next": next_})
        code = {"email": known.email, "code": await code_of(site, owner), "next": next_}
        answer = await browser.post("/enter/code", data=code)
        assert answer.headers["location"] == next_
        assert f'value="{shown.user_code}"' in (await browser.get(next_)).text


@pytest.mark.parametrize(
    "typed", ["//evil.example", "AAAA", "&next=//evil.example", "b%0d%0aSet-Cookie:x", "é" * 64]
)
async def test_no_code_leads_elsewhere(site: Site, typed: str) -> None:
    async with site.browser() as browser:
        answer = await browser.post("/pair", data={"user_code": typed})
    next_ = httpx.URL(answer.headers["location"]).params["next"]
    assert re.fullmatch(r"/pair(\?user_code=[B-Z]{1,4}-[B-Z]{0,4})?", next_)


@pytest.mark.parametrize("place", ["/allow/{}", "/question/{}", "/allow/none", "/pair/none"])
async def test_owners_are_never_sent_to_the_wall(site: Site, place: str) -> None:
    owner = await an_owner(site, "allow-d")
    app = Router()
    web.install(app, replace(site.pages, contact="help@example.org"))
    async with entered(replace(site, app=app), owner) as browser:
        answer = await browser.get(place.format(ids.new()))
        assert answer.status_code in (404, 410)
        assert "wall" not in answer.text
        assert "<p>The service desk of your machine</p>" in answer.text
        assert '<a href="/enter">Go to your page</a>' in answer.text
        assert 'href="mailto:help@example.org"' in answer.text
        home = await browser.get("/enter")
        assert home.headers["location"].startswith("/owner/")


async def test_it_is_said_before_that_the_machine_becomes_theirs(site: Site) -> None:
    owner = await an_owner(site, "pair-k")
    shown = await a_code(site)
    async with entered(site, owner) as browser:
        code = {"user_code": shown.user_code}
        page = await browser.post("/pair", data=code)
        assert "belongs to nobody yet:</b> with your yes it becomes yours" in page.text
        assert "It may act for you already" not in page.text
        assert (await browser.post("/pair", data={**FORM, **code})).status_code == 303
    (given,) = await given_by(site, owner)
    assert given.to
    client = Client(given.to, "Kitchen speaker", given.to)
    another = {"user_code": (await a_code(site, client=client)).user_code}
    async with entered(site, await an_owner(site, "pair-l")) as browser:
        for form in (another, {**FORM, **another}):
            page = await browser.post("/pair", data=form)
            assert page.status_code == 403
            assert "this machine acts for somebody else" in page.text
            assert "Yes, it may" not in page.text
    async with entered(site, owner) as browser:
        page = await browser.post("/pair", data=another)
        assert "belongs to nobody yet" not in page.text


async def test_before_a_second_yes_it_is_said_what_it_may_already(site: Site) -> None:
    owner = await an_owner(site, "pair-m")
    less = replace(ASKS, services=("vehicle.repair",), cases=2)
    first = await a_request(site, asks=less)
    async with entered(site, owner) as browser:
        assert "It may act for you already" not in (await browser.get(f"/allow/{first}")).text
        form = {**FORM, "services": "vehicle.repair", "cases": "2"}
        assert (await browser.post(f"/allow/{first}", data=form)).status_code == 303
        more = await a_request(site)
        page = words_of((await browser.get(f"/allow/{more}")).text)
        assert "It may act for you already What you permit now comes beside that." in page
        assert "2 in a calendar month" in page
        assert (await browser.post(f"/allow/{more}", data=FORM)).status_code == 303
    assert len(await given_by(site, owner)) == 2


def words_of(page: str) -> str:
    return " ".join(re.sub("<[^>]*>", " ", page).split())
