"""What was given up at addresses of machines: staff see why, and have it sent again."""

import html
import re
from datetime import timedelta

from tests.web.hooking import WHY, a_hook, due, tried
from tests.web.people import logged_in
from tests.web.site import Site

from thingdesk import hooks
from thingdesk.hooks import Hook
from thingdesk.parties import Role
from thingdesk.platform import clock


async def given_up(site: Site) -> Hook:
    hook = await a_hook(site, "car-7")
    await due(site, hook)
    async with site.hand.database.transaction() as tx:
        (one,) = await hooks.claim_due(tx, 1)
        await hooks.give_up(tx, one.id, WHY)
    return hook


def text(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


async def test_what_was_given_up_is_seen_and_sent_again(site: Site) -> None:
    hook = await given_up(site)
    async with logged_in(site, "carl", Role.AGENT) as browser:
        page = (await browser.get("/undelivered")).text
        assert "told.example" in page
        assert "secret-path" not in page
        assert "the other side answered &lt;b&gt;503" in page
        async with site.hand.database.transaction() as tx:
            (lost,) = await hooks.given_up(tx, None, 10)
        path = f"/undelivered/{lost.id}/again"
        again = await browser.post(path)
        assert again.status_code in {200, 303}
        assert "None now" in (await browser.get("/undelivered")).text
        assert (await browser.post(path)).status_code == 403, "it is under way already"
        assert (await browser.get("/undelivered?after=x")).status_code == 422
    async with site.hand.database.transaction() as tx:
        (one,) = await hooks.claim_due(tx, 1)
        assert one.hook.id == hook.id
        await hooks.give_up(tx, one.id, WHY)
        await hooks.end(tx, hook, "it is sold")
    async with logged_in(site, "cora", Role.AGENT) as browser:
        page = (await browser.get("/undelivered")).text
        assert "told nothing any more" in page
        assert "/again" not in page


async def test_staff_see_at_the_machine_how_it_stands_with_its_addresses(
    site: Site, turnable: clock.Turnable
) -> None:
    await site.car("told-1")
    async with logged_in(site, "dora", Role.AGENT) as browser:

        async def shown(machine: str = "told-1") -> str:
            page = text((await browser.get(f"/machines/{machine}")).text)
            return page[page.index("Addresses that are told") :]

        assert "It has registered no address." in await shown()
        hook = await a_hook(site, "told-1")
        assert "told.example nothing sent yet Webhook, of all its cases" in await shown()
        await due(site, hook)
        await tried(site)
        page = await shown()
        assert "told.example fails" in page
        assert "The other side answered <b>503</b>, " in page
        assert "1 try , next " in page.replace("try,", "try ,")
        assert "Fails since" in page
        assert "secret-path" not in page
        turnable.turn(timedelta(minutes=5))
        await due(site, hook, 2)
        await tried(site)
        assert "2 tries" in await shown()
        turnable.turn(timedelta(minutes=20))
        await tried(site, None)
        await tried(site, None)
        page = await shown()
        assert "told.example taken" in page
        assert "It took the last message" in page


async def test_what_fails_for_an_hour_is_seen_before_it_is_given_up(
    site: Site, turnable: clock.Turnable
) -> None:
    await site.car("told-2")
    hook = await a_hook(site, "told-2", "https://fails.example/x")
    await due(site, hook)
    await tried(site)
    async with logged_in(site, "erik", Role.AGENT) as browser:
        assert "fails.example" not in (await browser.get("/undelivered")).text
        assert "failed for more than an hour" not in (await browser.get("/")).text
        turnable.turn(timedelta(minutes=61))
        page = text((await browser.get("/undelivered")).text)
        assert "fails.example still trying Webhook of told-2" in page
        assert WHY in page
        assert "An address of a machine has failed for more than an hour" in text(
            (await browser.get("/")).text
        )
        async with site.hand.database.transaction() as tx:
            assert await hooks.number_failing(tx) == 1
        await tried(site, None)
        assert (
            "Nothing has failed for more than an hour." in (await browser.get("/undelivered")).text
        )
