"""A link cannot be renewed for ever, and its owner or staff can end all of them."""

import re
from datetime import timedelta

from tests.web.owners import get, owner_of, told
from tests.web.people import logged_in
from tests.web.site import Site

from thingdesk import notices, parties, timeline
from thingdesk.channels.mail.letters import Desk, write_letters
from thingdesk.notices import Channel
from thingdesk.parties import OWNER_PAGE, NewOwner
from thingdesk.platform import clock

HOURS = timedelta(hours=20)


async def test_a_visit_ends_however_often_its_pages_give_new_links(site: Site) -> None:
    _, link = await site.asked("end-a")
    turnable = clock.Turnable()
    with clock.reading(turnable):
        link = (re.findall(r'href="(/owner/[^"]+)"', await get(site, link)))[0]
        turnable.turn(HOURS)
        link = (re.findall(r'href="(/decision/[^"]+)"', await get(site, link)))[0]
        link = (re.findall(r'href="(/owner/[^"]+)"', await get(site, link)))[0]
        await get(site, link)
        turnable.turn(timedelta(hours=4))
        await get(site, link, 410)


async def test_a_page_gives_no_link_that_outlives_its_own(site: Site) -> None:
    await site.asked("end-b")
    own = site.link(OWNER_PAGE, await owner_of(site, "end-b"), lasts=timedelta(hours=1))
    turnable = clock.Turnable()
    with clock.reading(turnable):
        (asked,) = re.findall(r'href="(/decision/[^"]+)"', await get(site, own))
        turnable.turn(timedelta(hours=1))
        await get(site, own, 410)
        await get(site, asked, 410)


async def test_an_owner_ends_all_links_and_gets_a_mail_with_a_new_one(site: Site) -> None:
    _, link = await site.asked("end-c")
    own = await site.own("end-c")
    owner = await owner_of(site, "end-c")

    await get(site, link)
    async with site.browser() as browser:
        ended = await browser.post(own + "/links")
        assert (ended.status_code, ended.headers["location"]) == (303, "/owner?said=ended")
        assert "do not work any more" in await get(site, "/owner?said=ended")
        for path in (own, own + "/stop", link):
            assert (await browser.get(path)).status_code == 410
        for path in (own + "/stop", own + "/links", link):
            assert (await browser.post(path, data={"option": "slot0"})).status_code == 410
        assert 'href="/owner"' in await get(site, link, 410)
        # who has just asked for a link may ask for one again
        await browser.post("/owner", data={"email": "owner-end-c@example.org"})
        await browser.post("/owner", data={"email": "owner-end-c@example.org"})
    assert await told(site, owner) == ["owner.links_ended", "owner.link"]
    assert "end-c" in await get(site, await site.own("end-c"))
    assert await ends(site, "end-c") == [None]


async def test_staff_end_all_links_of_an_owner(site: Site) -> None:
    await site.asked("end-d")
    _, other = await site.asked("end-e")
    own, owner = await site.own("end-d"), await owner_of(site, "end-d")
    async with logged_in(site) as browser:
        page = (await browser.get(f"/owners/{owner}")).text
        assert f'action="/owners/{owner}/links"' in page
        done = await browser.post(f"/owners/{owner}/links")
        assert done.headers["location"] == f"/owners/{owner}?said=links"
        after = (await browser.get(done.headers["location"])).text
        assert "No link of this owner works any more" in after
        assert "Agent ended all links" in after
    await get(site, own, 410)
    await get(site, other)
    assert await told(site, owner) == [], "it may be their letter box that others read"
    (by,) = await ends(site, "end-d")
    assert by


async def test_another_address_ends_what_was_mailed_to_the_one_before(site: Site) -> None:
    _, link = await site.asked("end-f")
    owner = await owner_of(site, "end-f")
    async with site.hand.database.transaction() as tx:
        await parties.change_owner(tx, owner, NewOwner("owner-end-f@example.org", "Else", "UTC"))
    await get(site, link)
    async with site.hand.database.transaction() as tx:
        await parties.change_owner(tx, owner, NewOwner("end-f@example.org", "Else", "UTC"))
    await get(site, link, 410)
    assert len(await ends(site, "end-f")) == 1


async def test_a_mail_that_goes_out_after_the_end_has_a_link_that_works(site: Site) -> None:
    """A reminder of an open question goes on, to the address that the owner has now."""
    await site.asked("end-g")
    owner = await owner_of(site, "end-g")
    turnable = clock.Turnable()
    with clock.reading(turnable):
        before = await mailed(site, str(owner))
        for path in before:
            await get(site, path)
        turnable.turn(timedelta(minutes=6))
        async with site.hand.database.transaction() as tx:
            await parties.end_links(tx, owner)
        for path in before:
            await get(site, path, 410)
        turnable.turn(timedelta(minutes=10))
        after = await mailed(site, str(owner))
        assert after
        for path in after:
            await get(site, path)


async def mailed(site: Site, owner: str) -> list[str]:
    """The links in what goes out to this owner now."""
    desk = Desk("desk@example.org", "https://desk.example")
    async with site.hand.database.transaction() as tx:
        claimed = await notices.claim_due(tx, Channel.MAIL, 1000)
        mine = [one for one in claimed if one.notice.to.id == owner]
        letters = await write_letters(tx, mine, desk)
    texts = [one.message.get_body(("plain",)) for one in letters]
    return [
        path
        for text in texts
        if text
        for path in re.findall(r"https://desk.example(/\S+)", text.get_content())
    ]


async def ends(site: Site, machine: str) -> list[str | None]:
    """Who ended the links of a machine's owner."""
    owner = await owner_of(site, machine)
    async with site.hand.database.transaction() as tx:
        entries = await timeline.read(tx, f"owner:{owner}")
    return [one.value["by"] for one in entries if one.kind == "owner.links_ended" and one.value]
