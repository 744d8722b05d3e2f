import asyncio
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.routing import Mount, Route
from tests.web.people import PASSWORD, account, logged_in
from tests.web.site import URL, Site

from thingdesk import parties
from thingdesk.parties import Role
from thingdesk.platform import ids

FOR_ALL = {"/decision/{token}", "/job/{token}", "/log-in", "/log-in/passkey", "/set-up/{token}"}
FOR_ALL |= {"/log-in/oidc", "/log-in/oidc/callback", "/log-in/oidc/leave"}
OWNERS = ("/owner", "/allow", "/question", "/pair", "/enter", "/leave")
FORM = {"email": "a@example.org", "password": "x"}


def paths(site: Site) -> list[tuple[str, str]]:
    """Every (method, path) of the pages, with something in place of what is named in it."""
    (own,) = [one.app for one in site.app.routes if isinstance(one, Mount)]
    found = []
    for route in routes(own):
        path = re.sub(r"{\w+}", str(ids.new()), route.path.replace("{machine}", "car-1"))
        if route.path not in FOR_ALL and not route.path.startswith(OWNERS):
            found += [(method, path) for method in sorted((route.methods or set()) - {"HEAD"})]
    return found


def routes(app: Any) -> Iterator[Route]:
    for one in app.routes:
        if hasattr(one, "original_router"):
            yield from routes(one.original_router)
        elif isinstance(one, Route):
            yield one


async def test_every_page_of_staff_needs_a_session(site: Site) -> None:
    there = paths(site)
    assert len(there) >= 10
    assert not [path for _, path in there if "{" in path]
    async with site.browser() as browser:
        for method, path in there:
            answer = await browser.request(method, path)
            if path == "/live":
                assert answer.status_code == 401
                continue
            assert answer.status_code == 303, (method, path)
            assert answer.headers["location"].startswith("/log-in")
            assert not answer.text


async def test_those_who_wait_for_their_password_keep_the_database_from_nobody(site: Site) -> None:
    passwords, database = site.pages.passwords, site.hand.database
    await asyncio.gather(passwords.acquire(), passwords.acquire())
    async with site.browser() as browser, asyncio.timeout(60):
        waiting = [asyncio.ensure_future(browser.post("/log-in", data=FORM)) for _ in range(40)]
        for _ in range(3):
            async with database.transaction() as tx:
                assert await tx.fetchval("select 1") == 1
        assert not any(one.done() for one in waiting)
        passwords.release()
        passwords.release()
        assert {one.status_code for one in await asyncio.gather(*waiting)} <= {422, 429}


async def test_a_made_up_session_opens_nothing(site: Site) -> None:
    async with site.browser(Cookie="thingdesk=made-up") as browser:
        assert (await browser.get("/cases")).headers["location"] == "/log-in?next=/cases"


async def test_the_first_account_is_made_by_its_link_once(site: Site) -> None:
    async with site.hand.database.transaction() as tx:
        token = await parties.first_account(tx, "first@example.org", "First")
    async with site.browser() as browser:
        for _ in range(2):
            page = await browser.get(f"/set-up/{token}")
            assert "first@example.org" in page.text, "looking does not use it up"
        short = await browser.post(f"/set-up/{token}", data={"password": "short", "again": "short"})
        assert short.status_code == 422
        assert "12 to 256 characters" in short.text
        slip = await browser.post(f"/set-up/{token}", data={"password": PASSWORD, "again": "slip"})
        assert slip.status_code == 422
        assert "The two are not the same" in slip.text
        twice = {"password": PASSWORD, "again": PASSWORD}
        done = await browser.post(f"/set-up/{token}", data=twice)
        whom = "/log-in?ready=1&email=first%40example.org"
        assert done.headers["location"] == whom
        assert 'name="email" value="first@example.org"' in (await browser.get(whom)).text
        assert (await browser.get(f"/set-up/{token}")).status_code == 410
        form = {"email": "first@example.org", "password": PASSWORD, "next": "/cases?state=open"}
        answer = await browser.post("/log-in", data=form)
        assert answer.headers["location"] == "/cases?state=open"
        assert (await browser.get("/cases?state=open")).status_code == 200


async def test_the_session_ends_with_the_log_out_also_for_who_kept_the_cookie(site: Site) -> None:
    async with logged_in(site) as browser:
        kept = dict(browser.cookies)
        answer = await browser.post("/log-out")
        assert answer.headers["location"] == "/log-in"
        assert "thingdesk" not in browser.cookies
    async with site.browser(Cookie=f"thingdesk={kept['thingdesk']}") as other:
        assert (await other.get("/")).status_code == 303


async def test_the_cookie_is_for_no_script_and_no_other_site(site: Site) -> None:
    email = await account(site, "agent")
    async with site.browser() as browser:
        answer = await browser.post("/log-in", data={"email": email, "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/" in cookie


async def test_a_wrong_password_says_so_and_many_must_wait(site: Site) -> None:
    email = await account(site, "slow")
    async with site.browser() as browser:
        statuses = []
        for _ in range(7):
            answer = await browser.post("/log-in", data={"email": email, "password": "wrong"})
            statuses.append(answer.status_code)
        right = await browser.post("/log-in", data={"email": email, "password": PASSWORD})
    assert statuses[0] == 422
    assert statuses[-1] == 429
    assert right.status_code == 429, "even the right one"
    assert "try again in" in right.text


async def test_a_browser_that_was_logged_in_is_not_kept_out_by_others(site: Site) -> None:
    email = await account(site, "known")
    right, wrong = {"email": email, "password": PASSWORD}, {"email": email, "password": "wrong"}
    async with site.browser() as own, site.browser() as stranger:
        await own.post("/log-in", data=right)
        await own.post("/log-out")
        for _ in range(6):
            await stranger.post("/log-in", data=wrong)
        assert (await stranger.post("/log-in", data=right)).status_code == 429
        known = {"thingdesk-known": own.cookies["thingdesk-known"][:-3]}
        async with site.browser(Cookie=urlencode(known)) as forger:
            assert (await forger.post("/log-in", data=right)).status_code == 429
        assert (await own.post("/log-in", data=right)).status_code == 303


@pytest.mark.parametrize("away", ["https://evil.example/", "//evil.example", "/\\evil.example", ""])
async def test_the_log_in_leads_nowhere_else(site: Site, away: str) -> None:
    email = await account(site, "agent")
    async with site.browser() as browser:
        form = {"email": email, "password": PASSWORD, "next": away}
        assert (await browser.post("/log-in", data=form)).headers["location"] == "/"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Origin": URL, "Sec-Fetch-Site": "cross-site"},
        {"Origin": URL.replace("http:", "http://a.")},
    ],
)
async def test_a_form_of_another_site_is_refused(site: Site, headers: dict[str, str]) -> None:
    async with logged_in(site) as browser:
        for path in ("/log-out", "/log-in", f"/cases/{ids.new()}/withdraw"):
            answer = await browser.post(path, data=FORM, headers=headers)
            assert answer.status_code == 403
            assert "not sent from a page of this desk" in answer.text
        assert (await browser.get("/")).status_code == 200, "still logged in"


async def test_a_request_that_says_nothing_of_where_it_comes_from_is_refused(site: Site) -> None:
    async with logged_in(site) as browser:
        del browser.headers["Origin"]
        assert (await browser.post("/log-out")).status_code == 403


async def test_only_an_admin_revokes_a_key(site: Site) -> None:
    await site.hand.machine("keyed-1", "car")
    async with site.hand.database.transaction() as tx:
        kid = await parties.add_key(tx, "keyed-1", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
    form = {"kid": kid, "reason": "stolen"}
    async with logged_in(site, "agent") as browser:
        assert "Revoke" not in (await browser.get("/machines/keyed-1")).text
        assert (await browser.post("/machines/keyed-1/revoke", data=form)).status_code == 403
    async with logged_in(site, "chief", Role.ADMIN) as browser:
        assert "Revoke" in (await browser.get("/machines/keyed-1")).text
        assert (await browser.post("/machines/press-9/revoke", data=form)).status_code == 404
        answer = await browser.post("/machines/keyed-1/revoke", data=form)
        assert answer.status_code == 303
        assert "was revoked: stolen, by Chief" in (await browser.get("/machines/keyed-1")).text
    async with site.hand.database.transaction() as tx:
        (key,) = await parties.keys_of(tx, "keyed-1")
    assert key.revoked_at
