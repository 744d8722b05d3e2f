"""Staff log in by oidc-provider, in a real browser."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_network
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect
from tests.outside.node import HERE, NODE
from tests.ports import free_port
from tests.web.chromium import NO_CHROMIUM, NO_VENDOR, chromium
from tests.web.site import Site, open_site

from thingdesk import parties
from thingdesk.parties import Role
from thingdesk.platform.database import Database
from thingdesk.platform.serve import listen, serve
from thingdesk.web.issuer import RETURN, Issuer, Registration

pytestmark = [NO_CHROMIUM, NO_VENDOR, pytest.mark.usefixtures("node")]
PROGRAM = Path(__file__).with_name("provider.mjs")


@asynccontextmanager
async def provider(back: str) -> AsyncIterator[str]:
    assert NODE
    port = free_port()
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        NODE, str(PROGRAM), str(port), back, cwd=HERE, stdout=pipe, stderr=asyncio.subprocess.STDOUT
    )
    assert process.stdout
    try:
        async with asyncio.timeout(60):
            while (line := await process.stdout.readline()) != b"ready\n":
                assert line, "it has ended"
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        await process.communicate()


@asynccontextmanager
async def desk(database: Database) -> AsyncIterator[tuple[Site, str]]:
    door = listen("127.0.0.1", 0, "PORT")
    url = f"http://localhost:{door.socket.getsockname()[1]}"
    async with provider(url + RETURN) as issuer:
        about = Registration(
            issuer,
            "desk",
            "a secret of the desk",
            url + RETURN,
            roles=((Role.LEADER, "it"),),
            scope="openid email profile groups",
            networks=(ip_network("127.0.0.0/8"),),
        )
        site = await open_site(database, url=url, issuer=Issuer(about))
        async with serve(site.app, door):
            yield site, url


async def browsing(browser: Browser) -> Page:
    """A page that asks nobody but the two: the provider's pages want a font from elsewhere."""
    context = await browser.new_context()
    context.set_default_timeout(20_000)
    here = re.compile(r"^http://(127\.0\.0\.1|localhost):")
    await context.route(lambda url: not here.match(url), lambda route: route.abort())
    return await context.new_page()


async def log_in(page: Page, url: str, name: str) -> None:
    await page.goto(f"{url}/cases?state=open")
    await page.get_by_role("link", name="Log in with 127.0.0.1").click()
    await say_who(page, name)


async def say_who(page: Page, name: str) -> None:
    """On the provider's own pages."""
    await page.get_by_placeholder("Enter any login").fill(name)
    await page.get_by_placeholder("and password").fill("any")
    await page.get_by_role("button", name="Sign-in").click()
    await page.get_by_role("button", name="Continue").click()


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with chromium() as browser:
        yield await browsing(browser)


async def test_an_address_that_is_not_verified_there_opens_nothing(
    database: Database, page: Page
) -> None:
    async with desk(database) as (_, url):
        await log_in(page, url, "mallory")
        await expect(page.get_by_role("alert")).to_contain_text("not verified there")
        await page.goto(f"{url}/cases")
        await expect(page).to_have_title("Log in · thingdesk")


async def test_what_another_provider_says_is_not_looked_at(database: Database, page: Page) -> None:
    """Whoever began here is led to another provider, which knows the desk, and comes back."""
    async with desk(database) as (_, url), provider(url + RETURN) as other:
        begun = await page.context.request.get(f"{url}/log-in/oidc", max_redirects=0)
        _, _, asked = begun.headers["location"].partition("/auth?")
        await page.goto(f"{other}/auth?{asked}")
        await say_who(page, "ada")
        await expect(page.get_by_role("alert")).to_contain_text("comes from another issuer")
        await page.goto(f"{url}/cases")
        await expect(page).to_have_title("Log in · thingdesk")


async def test_what_one_browser_brings_back_is_no_good_in_another(
    database: Database, page: Page
) -> None:
    async with desk(database) as (_, url), chromium() as browser:
        async with page.expect_request(lambda one: one.url.startswith(url + RETURN)) as back:
            await log_in(page, url, "ada")
        said = (await back.value).url
        thief = await browsing(browser)
        await thief.goto(said)
        await expect(thief.get_by_role("alert")).to_contain_text("begin once more")
        await thief.goto(f"{url}/log-in")
        await thief.get_by_role("link", name="Log in with 127.0.0.1").click()
        await thief.goto(said)
        await expect(thief.get_by_role("alert")).to_contain_text("not for this browser")
        await thief.goto(f"{url}/cases")
        await expect(thief).to_have_title("Log in · thingdesk")


async def test_staff_log_in_elsewhere_and_out_again(database: Database) -> None:
    async with desk(database) as (site, url), chromium() as browser:
        page = await browsing(browser)
        await log_in(page, url, "ada")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Cases")
        assert page.url == f"{url}/cases?state=open"
        async with site.hand.database.transaction() as tx:
            (ada,) = [one for one in await parties.all_staff(tx) if one.name == "Ada"]
        assert (ada.email, set(ada.roles)) == ("ada@example.org", {Role.LEADER})
        await page.goto(f"{url}/people")
        await expect(page.get_by_text("vouches for Ada from now on").first).to_be_visible()
        await page.get_by_role("button", name="Log out").click()
        await expect(page.get_by_role("status")).to_contain_text("You are logged out here.")
        await page.goto(f"{url}/cases")
        await page.get_by_role("link", name="Log in with 127.0.0.1").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Cases")
        await page.get_by_role("button", name="Log out").click()
        await page.get_by_role("link", name="log out there, too").click()
        await page.get_by_role("button", name="Yes, sign me out").click()
        await expect(page.get_by_text("Sign-out Success").first).to_be_visible()

        other = await browsing(browser)
        await log_in(other, url, "eve")
        await expect(other.get_by_role("alert")).to_contain_text("You are in no group")
        await other.goto(f"{url}/cases")
        await expect(other).to_have_title("Log in · thingdesk")
