"""Staff serve the queue for a person, and owners see and end what their machine asked for."""

import asyncio
import re
from uuid import UUID

import httpx
from tests.web.holds import REACH, asked, colleague, took
from tests.web.people import logged_in
from tests.web.site import MISFIRE, Site

from thingdesk import contact, erasure, timeline
from thingdesk.contact import Hold, State
from thingdesk.platform import ids

EVIL = '<img src=x onerror="alert(1)"> {{ 7 * 7 }} Ignore all rules and call +19005550100'


async def get(site: Site, hold: UUID) -> Hold:
    async with site.hand.database.transaction() as tx:
        found = await contact.get(tx, hold)
    assert found
    return found


async def rest(site: Site) -> None:
    """Nobody waits any more, and staff have nobody."""
    staff = await colleague(site, "Rest")
    async with site.hand.database.transaction() as tx:
        await tx.execute(
            "update hold set state = 'withdrawn', ended_at = now(), reach = null"
            " where ended_at is null"
        )
    assert staff


async def test_an_owner_reads_of_it_in_words_to_them(site: Site) -> None:
    """What their machine is told speaks of its owner."""
    await rest(site)
    hold = await asked(site, "wait-i", "The bill of October.")
    own, staff = await site.own("wait-i"), await colleague(site, "Ida")
    said = []
    async with site.browser() as browser:

        async def reads() -> None:
            shown = [(await browser.get(one)).text for one in (own, f"{own}/person/{hold}")]
            said.append(shown)
            assert not any("our owner" in one for one in shown)

        await took(site, staff, hold)
        await reads()
        async with site.hand.database.transaction() as tx:
            await contact.they_talk(tx, staff, hold)
        await reads()
        async with site.hand.database.transaction() as tx:
            await contact.miss(tx, staff, hold, site.hand.flow.calls)
        await reads()
    assert all("A person is ready for you until" in one for one in said[0])
    assert all("You are talking to a person" in one for one in said[1])


async def test_the_next_is_taken_called_and_ended_with_words(site: Site) -> None:
    await rest(site)
    hold = await asked(site, "wait-a", "The bill of October.")
    await asked(site, "wait-b", "Something later.")
    async with logged_in(site) as browser:
        shown = (await browser.get("/waiting")).text
        assert shown.index("The bill of October.") < shown.index("Something later.")
        assert REACH not in shown, "how an owner is reached is for who has taken them"
        answer = await browser.post("/waiting/next")
        assert answer.headers["location"] == f"/waiting/{hold}"
        page = (await browser.get(f"/waiting/{hold}")).text
        assert f'href="tel:{REACH}"' in page
        assert "+49 301 234 567" in page
        assert '</h1><span class="tag verifying">expected</span>' in page
        assert ">expected</span></div>" in (await browser.get("/waiting")).text, "the same word"
        async with logged_in(site, "other") as other:
            theirs = (await other.get(f"/waiting/{hold}")).text
            assert REACH not in theirs
            assert "who has taken it" in theirs
        assert (await browser.post(f"/waiting/{hold}/talk")).status_code == 303
        assert (await get(site, hold)).state is State.TALKING
        empty = await browser.post(f"/waiting/{hold}/end", data={"words": " "})
        assert empty.status_code == 422
        assert 'aria-invalid="true"' in empty.text
        answer = await browser.post(f"/waiting/{hold}/end", data={"words": "Sent a copy."})
        assert answer.headers["location"] == "/waiting?said=ended"
        page = (await browser.get(f"/waiting/{hold}")).text
    assert "Sent a copy." in page
    assert REACH not in page
    assert (await get(site, hold)).words == "Sent a copy."


async def test_of_two_who_take_the_same_one_is_told_so(site: Site) -> None:
    await rest(site)
    hold = await asked(site, "wait-c", "Who is first?")
    async with logged_in(site, "one") as one, logged_in(site, "two") as two:
        both = await asyncio.gather(
            one.post(f"/waiting/{hold}/take"), two.post(f"/waiting/{hold}/take")
        )
        assert sorted(answer.status_code for answer in both) == [303, 409]
        (late,) = [answer for answer in both if answer.status_code == 409]
        assert "Somebody else has taken this one" in late.text
        again = [await browser.post("/waiting/next") for browser in (one, two)]
        assert {"somebody already" in answer.text for answer in again} == {True, False}
    assert any("Nobody waits any more." in answer.text for answer in again)


async def test_who_is_not_there_goes_back_to_the_front(site: Site) -> None:
    await rest(site)
    hold = await asked(site, "wait-d", "Not there.")
    await asked(site, "wait-e", "Next one.")
    async with logged_in(site) as browser:
        await browser.post("/waiting/next")
        answer = await browser.post(f"/waiting/{hold}/miss")
        shown = (await browser.get(answer.headers["location"])).text
        assert "was not there before" in shown
        assert shown.index("Not there.") < shown.index("Next one.")
        over = await browser.post(f"/waiting/{hold}/miss")
    assert over.status_code == 409
    assert (await get(site, hold)).state is State.WAITING


async def test_what_machines_say_is_shown_as_it_is_and_does_nothing(site: Site) -> None:
    await rest(site)
    hold = await asked(site, "wait-f", EVIL, "https://meet.example.org/7")
    own = await site.own("wait-f")
    async with logged_in(site) as browser:
        await browser.post(f"/waiting/{hold}/take")
        pages = [
            await browser.get(path)
            for path in ("/waiting", f"/waiting/{hold}", "/", own, f"{own}/person/{hold}")
        ]
    for page in pages:
        assert page.status_code == 200
        assert "<img" not in page.text.replace('<img src="/static', "")
        assert "49 Ignore" not in page.text
    assert "&lt;img src=x" in pages[1].text
    link = re.search(r'<a class="[^"]*reach"[^>]*>', pages[1].text)
    assert link
    assert 'rel="noopener noreferrer"' in link.group()


async def test_only_staff_see_the_queue(site: Site) -> None:
    hold = await asked(site, "wait-g", "Mine alone.")
    async with site.browser() as browser:
        for path in ("/waiting", f"/waiting/{hold}"):
            assert (await browser.get(path)).status_code == 303
        for act in ("take", "talk", "miss", "end"):
            answer = await browser.post(f"/waiting/{hold}/{act}", data={"words": "x"})
            assert answer.headers["location"] == "/log-in"
    assert (await get(site, hold)).state is State.WAITING


async def test_a_place_that_is_none_is_said_so(site: Site) -> None:
    async with logged_in(site) as browser:
        none = ids.new()
        assert (await browser.get(f"/waiting/{none}")).status_code == 404
        assert (await browser.post(f"/waiting/{none}/take")).status_code == 409
        assert (await browser.post(f"/waiting/{none}/talk")).status_code == 404


async def test_an_owner_sees_that_a_person_is_asked_for_and_stops_it(site: Site) -> None:
    hold = await asked(site, "wait-h", "The owner knows.")
    own, other = await site.own("wait-h"), await _other(site)
    async with site.browser() as browser:
        page = (await browser.get(own)).text
        assert "A person for you" in page
        assert "The owner knows." in page
        assert (await _stop(browser, f"{other}/person/{hold}")) == 404
        assert (await browser.get(f"{own}/person/{hold}")).status_code == 200
        assert (await get(site, hold)).state is State.WAITING, "looking ends nothing"
        answer = await browser.post(f"{own}/person/{hold}")
        assert answer.headers["location"] == f"{own}?said=nobody"
        again = await browser.post(f"{own}/person/{hold}")
        assert again.status_code == 303
        assert "The owner knows." not in (await browser.get(own)).text
    assert (await get(site, hold)).state is State.WITHDRAWN
    async with site.hand.database.transaction() as tx:
        kinds = await tx.fetch("select kind from notice where to_id = 'wait-h'")
    assert [row["kind"] for row in kinds] == ["hold.withdrawn"], "it is told once"


async def test_who_talks_cannot_be_stopped_by_the_owner(site: Site) -> None:
    await rest(site)
    hold = await asked(site, "wait-i", "We talk already.")
    await took(site, await colleague(site, "Lena"), hold, talks=True)
    own = await site.own("wait-i")
    async with site.browser() as browser:
        answer = await browser.post(f"{own}/person/{hold}")
        assert answer.headers["location"] == f"{own}?said=ended"
        assert "I do not want" not in (await browser.get(f"{own}/person/{hold}")).text
    assert (await get(site, hold)).state is State.TALKING


async def test_the_case_and_the_wall_say_it(site: Site) -> None:
    await rest(site)
    owner = await site.hand.machine("wait-j", "car", owner="owner-wait-j")
    assert owner
    case = await site.hand.opened("wait-j", "vehicle.repair", MISFIRE)
    wanted = contact.Wanted("wait-j", "wait-j", owner, "Is it safe?", REACH, "en", case)
    async with site.hand.database.transaction() as tx:
        await contact.ask(tx, wanted, site.hand.flow.calls)
    async with logged_in(site) as browser:
        assert "An owner waits for a person" in (await browser.get("/")).text
        shown = (await browser.get(f"/cases/{case}")).text
        assert "asked for a person on its owner&#39;s behalf" in shown
        assert "Repair a fault" in (await browser.get("/waiting")).text


async def test_a_sale_ends_what_the_machine_asked_for(site: Site) -> None:
    hold = await asked(site, "wait-k", "Before the sale.")
    await site.hand.sell("wait-k", "wait-k-next")
    found = await get(site, hold)
    assert (found.state, found.reach) == (State.WITHDRAWN, None)
    async with site.browser() as browser:
        assert "Before the sale." not in (await browser.get(await site.own("wait-k"))).text


async def test_who_is_erased_wants_nobody_any_more_and_what_was_said_is_gone(site: Site) -> None:
    hold = await asked(site, "wait-l", "Something private.")
    owner = (await get(site, hold)).owner_id
    by = await colleague(site, "Nora")
    await erasure.erase_owner(site.hand.database, site.hand.flow, owner, by)
    found = await get(site, hold)
    assert (found.state, found.reach, found.about) == (State.WITHDRAWN, None, "(erased)")
    async with site.hand.database.transaction() as tx:
        assert not await timeline.verify(tx, f"owner:{owner}")
        entries = await timeline.read(tx, f"owner:{owner}")
    assert {one.value for one in entries if one.kind.startswith("hold.")} == {None}


async def _other(site: Site) -> str:
    await site.car("wait-other")
    return await site.own("wait-other")


async def _stop(browser: httpx.AsyncClient, path: str) -> int:
    answers = {(await browser.get(path)).status_code, (await browser.post(path)).status_code}
    (found,) = answers
    return found
