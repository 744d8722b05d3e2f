"""A real browser before a real server."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect
from tests.web.entering import entered
from tests.web.people import PASSWORD, account
from tests.web.site import Site

from thingdesk import parties
from thingdesk.parties import LoggedIn, Role
from thingdesk.platform.serve import listen, serve

CHROMIUM = shutil.which("chromium")
NO_CHROMIUM = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
VENDOR = Path(__file__).parents[2] / "src" / "thingdesk" / "web" / "static" / "vendor"
AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
NO_VENDOR = pytest.mark.skipif(not VENDOR.is_dir(), reason="run scripts/build_assets.py first")
PATIENCE = 30_000  # ms: beside other tests, two cores may be busy for long
NO_AXE = pytest.mark.skipif(not AXE.is_file(), reason="`make pytest` fetches axe-core first")


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    expect.set_options(timeout=PATIENCE)
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


@dataclass
class Shown:
    """A site that is served, and whoever looks at it. `wrong` has what no page should do: errors
    in the console (a broken Content-Security-Policy is one), and requests to elsewhere.
    """

    browser: Browser
    site: Site
    url: str
    wrong: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def page(
        self, *, staff: bool = False, owner: UUID | None = None, **more: Any
    ) -> AsyncIterator[Page]:
        """A page of a new browser: with `staff`, with a session; and with that of an `owner`."""
        context = await self.browser.new_context(reduced_motion="reduce", **more)
        context.set_default_timeout(PATIENCE)
        if staff:
            await self._log_in(context)
        if owner:
            async with entered(self.site, owner) as browser:
                kept = [
                    {"name": one.name, "value": one.value, "url": self.url}
                    for one in browser.cookies.jar
                ]
            await context.add_cookies(kept)  # type: ignore[arg-type]
        page = await context.new_page()
        page.on("console", lambda said: self._note(said.type == "error", said.text))
        page.on("pageerror", lambda error: self._note(True, str(error)))
        page.on("request", lambda asked: self._note(not asked.url.startswith(self.url), asked.url))
        yield page
        await context.close()

    async def _log_in(self, context: BrowserContext) -> None:
        email = await account(self.site, "admin", Role.ADMIN)
        async with self.site.hand.database.transaction() as tx:
            session = await parties.log_in(tx, email, PASSWORD, "a test")
        assert isinstance(session, LoggedIn)
        cookie = {"name": "thingdesk", "value": session.token, "url": self.url}
        await context.add_cookies([cookie])  # type: ignore[list-item]

    def _note(self, is_wrong: bool, words: str) -> None:
        if is_wrong:
            self.wrong.append(words)


@asynccontextmanager
async def shown(browser: Browser, site: Site) -> AsyncIterator[Shown]:
    async with serve(site.app, listen("127.0.0.1", 0, "PORT")) as served:
        live = asyncio.create_task(site.live.run())
        yield Shown(browser, site, served.url)
        site.pages.stop.set()
        await live


async def unfold(page: Page) -> None:
    """What can be opened on the page is open."""
    await page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
