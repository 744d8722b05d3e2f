"""How an owner logs in, and what a code does not open."""

import re
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from tests.web.entering import code_of, entered
from tests.web.owners import owner_of
from tests.web.site import Site

from thingdesk import notices, parties
from thingdesk.notices import Recipient
from thingdesk.platform import clock


async def ask(browser: httpx.AsyncClient, email: str, there: str = "") -> httpx.Response:
    return await browser.post("/enter", data={"email": email, "next": there})


async def type_code(
    browser: httpx.AsyncClient, email: str, code: str, there: str = ""
) -> httpx.Response:
    return await browser.post("/enter/code", data={"email": email, "code": code, "next": there})


async def an_owner(site: Site, name: str) -> tuple[UUID, str]:
    await site.car(name)
    return await owner_of(site, name), f"owner-{name}@example.org"


async def codes(site: Site, owner: UUID) -> int:
    async with site.hand.database.transaction() as tx:
        kinds = await tx.fetch(
            "select kind from notice where to_id = $1 and kind = 'owner.code'", str(owner)
        )
    return len(kinds)


async def test_by_the_mailed_code_an_owner_is_in_and_goes_on(site: Site) -> None:
    owner, email = await an_owner(site, "enter-a")
    async with site.browser() as browser:
        assert (await ask(browser, email.upper())).status_code == 200
        code = await code_of(site, owner)
        typed = f" {code[:4]} {code[4:]} "
        answer = await type_code(browser, email, typed, "/owner?x=1")
        assert (answer.status_code, answer.headers["location"]) == (303, "/owner?x=1")
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        home = await browser.get("/enter")
        assert home.headers["location"].startswith("/owner/")
        assert (await browser.get(home.headers["location"])).status_code == 200
        await browser.post("/leave")
        assert (await browser.get("/enter")).status_code == 200
        assert (await type_code(browser, email, code)).status_code == 422, "it is good once"


async def test_an_unknown_address_hears_the_same_and_gets_nothing(site: Site) -> None:
    _, email = await an_owner(site, "enter-b")
    async with site.browser() as browser:
        pages = [(await ask(browser, one)).text for one in (email, "no-body@example.org")]
        assert pages[0].replace(email, "X") == pages[1].replace("no-body@example.org", "X")
        both = (email, "no-body@example.org")
        tries = [await type_code(browser, one, "00000000") for one in both]
        assert [one.status_code for one in tries] == [422, 422]
        shown = [one.text.replace(email, "X").replace("no-body@example.org", "X") for one in tries]
        assert shown[0] == shown[1]
        (said,) = re.findall(r'role="alert" id="wrong-code">(.*?)</p>', shown[0])
        assert said.endswith("."), said
        odd = await ask(browser, "a\0b")
        assert odd.status_code == 200


async def test_five_tries_and_ten_minutes(site: Site) -> None:
    owner, email = await an_owner(site, "enter-c")
    turnable = clock.Turnable()
    async with site.browser() as browser:
        with clock.reading(turnable):
            await ask(browser, email)
            code = await code_of(site, owner)
            wrong = f"{(int(code) + 1) % 10**8:08}"
            for _ in range(5):
                assert (await type_code(browser, email, wrong)).status_code == 422
            assert (await type_code(browser, email, code)).status_code == 422, "no more tries"
            await ask(browser, email)
            late = await code_of(site, owner)
            turnable.turn(timedelta(minutes=10))
            assert (await type_code(browser, email, late)).status_code == 422, "its time is over"
            await ask(browser, email)
            older = await code_of(site, owner)
            await ask(browser, email)
            newest = await code_of(site, owner)
            assert (await type_code(browser, email, older)).status_code == 303, "both are good"
            assert (await type_code(browser, email, newest)).status_code == 422, "one was used"


async def test_others_cannot_lock_an_owner_out(site: Site) -> None:
    owner, email = await an_owner(site, "enter-h")
    async with site.browser() as browser, site.browser() as elsewhere:
        await ask(browser, email)
        code = await code_of(site, owner)
        for _ in range(7):
            assert (await type_code(elsewhere, email, "00000000")).status_code == 422
            await ask(elsewhere, email)
        assert (await type_code(elsewhere, email, code)).status_code == 422, "it is another's"
        await ask(browser, email)
        assert await code_of(site, owner) != code, "five of another browser are not this one's"
        assert (await type_code(browser, email, code)).status_code == 303


async def test_browsers_without_end_fill_no_letter_box(site: Site) -> None:
    owner, email = await an_owner(site, "enter-i")
    turnable = clock.Turnable()
    with clock.reading(turnable):
        for _ in range(40):
            async with site.browser() as browser:
                await ask(browser, email)
        assert await codes(site, owner) == 30
        turnable.turn(timedelta(days=1))
        async with site.browser() as browser:
            await ask(browser, email)
        assert await codes(site, owner) == 31


async def test_nobody_can_fill_a_letter_box(site: Site) -> None:
    owner, email = await an_owner(site, "enter-d")
    async with site.browser() as browser:
        for _ in range(12):
            assert (await ask(browser, email)).status_code == 200
    assert await codes(site, owner) == 5


async def test_who_reads_the_database_cannot_log_in(site: Site) -> None:
    owner, email = await an_owner(site, "enter-e")
    async with site.browser() as browser:
        await ask(browser, email)
        code = await code_of(site, owner)
    async with site.hand.database.transaction() as tx:
        rows = [
            row
            for table in ("notice", "owner_code", "timeline_event", "timeline_value")
            for row in await tx.fetch(f"select t::text as said from {table} t")
        ]
    said = " ".join(row["said"] for row in rows)
    assert code not in said
    assert f"{code[:4]} {code[4:]}" not in said


async def test_a_session_ends_with_all_links_and_with_its_time(site: Site) -> None:
    owner, _ = await an_owner(site, "enter-f")
    turnable = clock.Turnable()
    with clock.reading(turnable):
        async with entered(site, owner) as browser:
            assert (await browser.get("/enter")).status_code == 303
            turnable.turn(timedelta(hours=12))
            assert (await browser.get("/enter")).status_code == 200
        async with entered(site, owner) as browser:
            turnable.turn(timedelta(seconds=1))
            async with site.hand.database.transaction() as tx:
                await parties.end_links(tx, owner)
            assert (await browser.get("/enter")).status_code == 200


async def test_a_log_in_leads_nowhere_else(site: Site) -> None:
    owner, email = await an_owner(site, "enter-g")
    async with site.browser() as browser:
        await ask(browser, email)
        code = await code_of(site, owner)
        answer = await type_code(browser, email, code, "https://evil.example/")
        assert answer.headers["location"] == "/"


@pytest.mark.parametrize("place", ["/enter", "/enter/code", "/leave"])
async def test_a_form_of_another_site_is_refused(site: Site, place: str) -> None:
    async with site.browser(**{"Sec-Fetch-Site": "cross-site"}) as browser:
        answer = await browser.post(place, data={"email": "a@example.org", "code": "1"})
    assert answer.status_code == 403


async def test_the_mail_has_the_code_and_no_link(site: Site) -> None:
    owner, email = await an_owner(site, "enter-h")
    async with site.browser() as browser:
        await ask(browser, email)
    async with site.hand.database.transaction() as tx:
        found = await tx.fetch(
            "select id from notice where to_id = $1 and kind = 'owner.code'", str(owner)
        )
        notice = await notices.get(tx, found[0]["id"])
    assert notice
    assert notice.notice.to == Recipient.owner(owner)
    assert await code_of(site, owner) not in notice.notice.words
