"""What was given up at addresses of machines: staff see why, and have it sent again."""

from tests.web.people import logged_in
from tests.web.site import Site

from thingdesk import hooks
from thingdesk.hooks import Entry, Hook, NewHook
from thingdesk.parties import Role
from thingdesk.platform import ids

WHY = "the other side answered <b>503</b>"


async def given_up(site: Site) -> Hook:
    async with site.hand.database.transaction() as tx:
        asked = NewHook("car-7", None, "thingdesk", "https://told.example/secret-path")
        hook = await hooks.make(tx, asked)
        await hooks.register(tx, hook)
        await hooks.follow_from_now(tx, hook, [ids.new()])
        (behind,) = await hooks.catch_up(tx, 1)
        await hooks.come_to(tx, behind, 1, [Entry(1, "case.ended")], more=False, newest=False)
        (due,) = await hooks.claim_due(tx, 1)
        await hooks.give_up(tx, due.id, WHY)
    return hook


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
        assert "none now" in (await browser.get("/undelivered")).text
        assert (await browser.post(path)).status_code == 403, "it is under way already"
        assert (await browser.get("/undelivered?after=x")).status_code == 422
    async with site.hand.database.transaction() as tx:
        (due,) = await hooks.claim_due(tx, 1)
        assert due.hook.id == hook.id
        await hooks.give_up(tx, due.id, WHY)
        await hooks.end(tx, hook, "it is sold")
    async with logged_in(site, "cora", Role.AGENT) as browser:
        page = (await browser.get("/undelivered")).text
        assert "told nothing any more" in page
        assert "/again" not in page
