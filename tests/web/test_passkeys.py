"""Passkeys in a real browser, with Chromium's own authenticator."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser, CDPSession, Page, expect
from tests.web.chromium import AXE, NO_AXE, NO_CHROMIUM, NO_VENDOR, Shown, chromium
from tests.web.people import PASSWORD, account, logged_in
from tests.web.site import Site, open_site
from tests.web.test_browser import ASKED, DESK, PHONE

from thingdesk import parties
from thingdesk.parties import Role
from thingdesk.platform.database import Database
from thingdesk.platform.serve import listen, serve

pytestmark = [NO_CHROMIUM, NO_VENDOR]
KEY = {
    "protocol": "ctap2",
    "transport": "usb",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as one:
        yield one


@pytest.fixture(scope="module")
async def desk(browser: Browser, database: Database) -> AsyncIterator[Shown]:
    """A desk that is reached by a name."""
    door = listen("127.0.0.1", 0, "PORT")
    url = f"http://localhost:{door.socket.getsockname()[1]}"
    site = await open_site(database, url=url)
    async with serve(site.app, door):
        yield Shown(browser, site, url)


@asynccontextmanager
async def holding(page: Page, **more: Any) -> AsyncIterator[tuple[CDPSession, str]]:
    """The page's computer has a security key."""
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("WebAuthn.enable")
    given = {"options": {**KEY, **more}}
    key = await devtools.send("WebAuthn.addVirtualAuthenticator", given)
    yield devtools, key["authenticatorId"]
    await devtools.detach()


async def log_in(page: Page, desk: Shown, email: str, path: str = "/") -> None:
    await page.goto(f"{desk.url}{path}")
    await page.get_by_label("E-mail address").fill(email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()


async def add(page: Page, desk: Shown, name: str = "The blue key") -> None:
    await page.goto(f"{desk.url}/account")
    await page.get_by_text("Add a passkey").click()
    await page.get_by_label("Your password").last.fill(PASSWORD)
    await page.get_by_role("button", name="Go on").click()
    await page.get_by_label("How you call it").fill(name)
    await page.get_by_role("button", name="Add the passkey").click()
    await expect(page.get_by_role("status").or_(page.get_by_role("alert"))).to_be_visible()


async def test_a_passkey_is_added_and_asked_for_by_keyboard(desk: Shown) -> None:
    email = await account(desk.site, "kay")
    async with desk.page(viewport=DESK) as page, holding(page):
        await log_in(page, desk, email)
        await add(page, desk)
        await expect(page.get_by_role("status")).to_contain_text("The passkey is added.")
        await expect(page.get_by_text("not used yet")).to_be_visible()
        await page.get_by_role("button", name="Log out").click()
        await log_in(page, desk, email, "/cases?state=open")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Your passkey")
        await expect(page.get_by_role("button", name="Use the passkey")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Cases")
        assert page.url.endswith("/cases?state=open")
        await page.goto(f"{desk.url}/account")
        await expect(page.get_by_text("used now").or_(page.get_by_text("s ago"))).to_be_visible()
    assert not desk.wrong


async def test_another_key_and_none_are_told_in_words(desk: Shown) -> None:
    email = await account(desk.site, "noa")
    async with desk.page() as page, holding(page):
        await log_in(page, desk, email)
        await add(page, desk)
        await expect(page.get_by_role("status")).to_be_visible()
    async with desk.page() as page, holding(page, isUserVerified=False):
        await log_in(page, desk, email)
        await page.get_by_role("button", name="Use the passkey").click()
        await expect(page.get_by_role("alert")).to_contain_text("No passkey was given")
        await expect(page.get_by_role("button", name="Use the passkey")).to_be_focused()
        await page.goto(f"{desk.url}/cases")
        await expect(page).to_have_title("Log in · thingdesk")


async def test_a_device_that_has_one_already_says_so(desk: Shown) -> None:
    email = await account(desk.site, "dua")
    async with desk.page() as page, holding(page):
        await log_in(page, desk, email)
        await add(page, desk)
        await expect(page.get_by_role("status")).to_be_visible()
        await add(page, desk, "Once more")
        await expect(page.get_by_role("alert")).to_contain_text("has a passkey for this account")


async def test_without_javascript_it_says_what_is_needed(desk: Shown) -> None:
    email = await account(desk.site, "jo")
    async with desk.page() as page, holding(page):
        await log_in(page, desk, email)
        await add(page, desk)
        await expect(page.get_by_role("status")).to_be_visible()
    async with desk.page(java_script_enabled=False) as page:
        await log_in(page, desk, email)
        await page.get_by_role("button", name="Use the passkey").click()
        await expect(page.get_by_role("alert")).to_contain_text("a passkey needs JavaScript")


async def test_an_admin_requires_passkeys_and_helps_who_lost_theirs(desk: Shown) -> None:
    email = await account(desk.site, "boss", Role.ADMIN)
    late = await account(desk.site, "late")
    async with desk.page(viewport=DESK) as page, holding(page):
        await log_in(page, desk, email, "/people")
        await page.get_by_role("button", name="Require a passkey of everybody").click()
        await expect(page.get_by_role("alert")).to_contain_text("Add a passkey of your own first")
        await add(page, desk)
        await page.goto(f"{desk.url}/people")
        async with logged_in(desk.site, "late") as weak:
            await page.get_by_role("button", name="Require a passkey of everybody").click()
            await expect(page.get_by_role("status")).to_contain_text("Everybody has to have")
            assert (await weak.get("/cases")).status_code == 303, "at once"
        async with desk.page() as other, holding(other):
            await log_in(other, desk, late)
            await expect(other.get_by_role("heading", level=1)).to_have_text("Add a passkey")
            await other.get_by_role("button", name="Add the passkey").click()
            await expect(other.get_by_role("button", name="Log out")).to_be_visible()
        await page.goto(f"{desk.url}/people")
        entry = page.locator("li.entry", has_text=late)
        await expect(entry.get_by_text("passkey", exact=True)).to_be_visible()
        await entry.get_by_text("Change").click()
        await entry.get_by_role("button", name="Remove the passkey").click()
        await expect(page.get_by_role("status")).to_contain_text("The passkeys are removed")
        await expect(page.get_by_text("The passkeys of Late were removed, by Boss")).to_be_visible()
        await page.get_by_role("button", name="Require no passkey").click()
        await expect(page.get_by_role("status")).to_contain_text("logs in by the password alone")


async def test_only_an_admin_resets_or_requires(desk: Shown) -> None:
    async with logged_in(desk.site, "plain") as browser:
        browser.headers["Origin"] = desk.url
        async with desk.site.hand.database.transaction() as tx:
            (one, *_) = await parties.all_staff(tx)
        for path in ("/people/passkeys", f"/people/{one.id}/passkeys/reset"):
            answer = await browser.post(path, headers={"host": "desk.example"})
            assert answer.status_code == 403, path
        page = await browser.get("/people")
    assert "Require a passkey" not in page.text


async def test_where_no_browser_gives_passkeys_the_page_says_what_to_set(site: Site) -> None:
    async with logged_in(site, "nowhere", Role.ADMIN) as browser:
        assert "sets THINGDESK_PUBLIC_URL" in (await browser.get("/account")).text
        answer = await browser.post("/people/passkeys", data={"required": "yes"})
        assert answer.status_code == 422
        assert "sets THINGDESK_PUBLIC_URL" in answer.text


@NO_AXE
@pytest.mark.parametrize(
    ("viewport", "scheme"), [(PHONE, "dark"), (DESK, "light")], ids=["phone", "desk"]
)
async def test_the_pages_of_passkeys_meet_wcag_2_2_aa(
    desk: Shown, scheme: str, viewport: dict[str, int]
) -> None:
    axe = AXE.read_text()
    found: list[str] = []
    email = await account(desk.site, f"axe{viewport['width']}", Role.ADMIN)

    async def check(page: Page) -> None:
        for more in await page.locator("details").all():
            await more.evaluate("one => { one.open = true }")
        assert await page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        await page.evaluate(axe)
        result = await page.evaluate("asked => axe.run(asked)", ASKED)
        found.extend(
            f"{page.url}: {one['id']}: {one['nodes']}"[:400] for one in result["violations"]
        )

    async with desk.page(viewport=viewport, color_scheme=scheme) as page, holding(page):
        await log_in(page, desk, email)
        await page.goto(f"{desk.url}/account")
        await check(page)
        await page.get_by_label("Your password").fill(PASSWORD)
        await page.get_by_role("button", name="Go on").click()
        await check(page)
        await page.get_by_role("button", name="Add the passkey").click()
        await expect(page.get_by_role("status")).to_be_visible()
        await check(page)
        await page.goto(f"{desk.url}/people")
        await check(page)
        await page.get_by_role("button", name="Log out").click()
        await log_in(page, desk, email)
        await expect(page).to_have_title(re.compile("Passkey"))
        await check(page)
    assert not found, "\n".join(found)
