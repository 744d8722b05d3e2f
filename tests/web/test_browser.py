"""What only a real browser shows."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect
from tests import whose
from tests.web import allowing, holds
from tests.web.chromium import AXE, NO_AXE, NO_CHROMIUM, NO_VENDOR, Shown, chromium, shown, unfold
from tests.web.owners import owner_of
from tests.web.people import PASSWORD, account
from tests.web.seeding import seed
from tests.web.site import MISFIRE, Site

from thingdesk import decisions, fulfilment, parties
from thingdesk.decisions import State

pytestmark = [NO_CHROMIUM, NO_VENDOR]
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 800}
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ASKED = {"runOnly": WCAG, "resultTypes": ["violations"]}  # not each element that is well


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as one:
        yield one


@pytest.fixture(scope="module")
async def desk(browser: Browser, site: Site) -> AsyncIterator[Shown]:
    async with shown(browser, site) as one:
        yield one


OWN = ("", "/done", "/stop", "/mandate", "/questions", "/links")


@pytest.fixture(scope="module")
async def pages(desk: Shown) -> dict[str, str]:
    """Every page by a name, of a desk with a day behind it."""
    site = desk.site
    await seed(site)
    places = ("cases", "machines", "services", "policy", "people", "providers", "owners", "account")
    found = {"wall": "/"} | {name: f"/{name}" for name in places}
    for machine in ("press-1", "press-2", "car-1", "car-12", "car-20", "car-30"):
        found[f"case of {machine}"] = f"/cases/{(await site.hand.case_of(machine)).id}"
    for machine in ("press-1", "car-1", "evil-1"):
        found[machine] = f"/machines/{machine}"
    for name, machine in (("question", "car-1"), ("approval", "car-5")):
        asked = await site.hand.question((await site.hand.case_of(machine)).id)
        found[name] = site.link("decision", asked.question.id, asked.question.owner_id)
    async with site.hand.database.transaction() as tx:
        owner = await whose.owner_of(tx, "car-1")
        assert owner
        found["owner"] = f"/owners/{owner.id}"
        trucks = (await parties.providers_of_kinds(tx, ["tow_truck"]))["tow_truck"]
        truck = trucks[0]
        found["provider"] = f"/providers/{truck.id}"
        for name, machine in (("offer", "car-6"), ("job", "car-12")):
            case = await site.hand.case_of(machine)
            (job,) = await fulfilment.jobs_of(tx, case.id)
            found[name] = site.link("job", job.id)
        done = await site.hand.case_of("car-20")
        (answered,) = await decisions.of_case(tx, done.id)
        found["answered"] = site.link("decision", answered.question.id, answered.question.owner_id)
    own, case = await site.own("car-1"), await site.hand.case_of("car-1")
    for place in (*OWN, f"/cases/{case.id}/withdraw"):
        found[f"own{place}"] = own + place
    for name, machine in (("own, refused", "car-10"), ("own, proven", "car-20")):
        found[name] = await site.own(machine)
    found |= await holds.pages(site) | await allowing.pages(site)
    return found | {"link": "/owner", "log-in": "/log-in", "broken link": "/decision/x"}


async def test_staff_log_in_by_keyboard_and_skip_to_the_content(desk: Shown) -> None:
    email = await account(desk.site, "typist")
    async with desk.page() as page:
        await page.goto(f"{desk.url}/cases?state=open")
        await expect(page).to_have_title("Log in · thingdesk")
        await page.keyboard.type(email)
        await page.keyboard.press("Tab")
        await page.keyboard.type(PASSWORD)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Cases")
        assert page.url.endswith("/cases?state=open")
        await page.keyboard.press("Tab")
        skip = page.get_by_role("link", name="Skip to the content")
        await expect(skip).to_be_focused()
        await expect(skip).to_be_in_viewport()
        await page.keyboard.press("Enter")
        await expect(page.locator("main")).to_be_focused()
        await page.get_by_role("button", name="Log out").press("Enter")
        await expect(page).to_have_title("Log in · thingdesk")


async def test_the_wall_shows_a_case_the_moment_it_opens(desk: Shown) -> None:
    async with desk.page(staff=True, viewport=DESK) as page:
        await page.goto(desk.url)
        await expect(page.locator("[data-live]")).to_have_text("Live")
        before = int(await page.locator("#count-open b").inner_text())
        await page.evaluate("window.still = true")
        await desk.site.car("car-live")
        case_id = await desk.site.hand.opened("car-live", "vehicle.repair", MISFIRE)
        link = page.locator(".feed").get_by_role("link", name="car-live").first
        await expect(link).to_have_attribute("href", f"/cases/{case_id}")
        await expect(page.locator("#count-open b")).to_have_text(str(before + 1))
        assert await page.evaluate("window.still"), "it was not loaded again"


async def test_who_reads_the_wall_by_keyboard_keeps_the_place(desk: Shown) -> None:
    async with desk.page(staff=True, viewport=DESK) as page:
        await page.goto(desk.url)
        await expect(page.locator("[data-live]")).to_have_text("Live")
        await page.locator("#count-verifying").focus()
        await desk.site.asked("car-focus")
        await expect(page.locator(".feed").get_by_text("car-focus").first).to_be_visible()
        await expect(page.locator("#count-verifying")).to_be_focused()


async def test_an_owner_decides_without_javascript_by_keyboard(desk: Shown) -> None:
    case_id, link = await desk.site.asked("car-plain")
    async with desk.page(java_script_enabled=False, viewport=PHONE) as page:
        await page.goto(desk.url + link)
        await page.locator("input[value=slot0]").focus()
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_contain_text("Thank you")
    async with desk.site.hand.database.transaction() as tx:
        (one,) = await decisions.of_case(tx, case_id)
    assert (one.state, one.chosen) == (State.ANSWERED, "slot1")


async def test_an_owner_gives_a_mandate_and_says_stop_without_javascript(desk: Shown) -> None:
    await desk.site.car("car-own", terms=None)
    own = await desk.site.own("car-own")
    async with desk.page(java_script_enabled=False, viewport=PHONE) as page:
        await page.goto(desk.url + own)
        await page.get_by_role("link", name="Give a mandate").click()
        await page.get_by_label("For one case").fill("a lot")
        await page.get_by_role("button", name="Look at it once more").click()
        await page.get_by_role("alert").get_by_role("link", name="What may be done").click()
        await page.get_by_label("Repair a fault").check()
        await page.get_by_label("For one case").fill("300")
        await page.get_by_label("In a calendar month").fill("1000")
        await page.get_by_role("button", name="Look at it once more").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Give this mandate?")
        await page.get_by_role("button", name="Yes, give this mandate").press("Enter")
        await expect(page.get_by_role("status")).to_contain_text("Version 1 of your mandate holds")
        await page.get_by_role("link", name="Stop").first.click()
        await page.get_by_role("button", name="Stop now").press("Enter")
        await expect(page.get_by_role("status")).to_contain_text("Stopped.")
        await page.reload()
        await expect(page.get_by_text("You said stop")).to_be_visible()


async def test_a_provider_does_a_job_without_javascript(desk: Shown) -> None:
    _, link = await desk.site.offered("car-plain-2")
    async with desk.page(java_script_enabled=False, viewport=PHONE) as page:
        await page.goto(desk.url + link)
        await page.get_by_role("button", name="Accept the job").click()
        await page.get_by_label("What was done?").fill("Coil fitted.")
        await page.get_by_role("button", name="It is done").click()
        await expect(page.get_by_text("You said that it is done: “Coil fitted.”")).to_be_visible()


async def test_a_phone_shows_who_and_where_before_the_whole_timeline(desk: Shown) -> None:
    case_id, _ = await desk.site.offered("car-narrow")
    async with desk.page(staff=True, java_script_enabled=False, viewport=PHONE) as page:
        await page.goto(f"{desk.url}/cases/{case_id}")
        boxes = [
            await page.get_by_role("heading", name=name, exact=True).bounding_box()
            for name in ("Waits for", "Facts", "Promises", "Timeline")
        ]
        assert [one["y"] for one in boxes if one] == sorted(one["y"] for one in boxes if one)
        assert len(boxes) == 4
        rows, begun = page.locator(".timeline li"), page.get_by_text("A case opened:")
        assert sum([await one.is_visible() for one in await rows.all()]) == 8
        await expect(begun).to_be_hidden()
        await page.get_by_text("earlier entries").click()
        await expect(begun).to_be_visible()


async def test_the_console_works_without_javascript(desk: Shown, pages: dict[str, str]) -> None:
    async with desk.page(staff=True, java_script_enabled=False, viewport=DESK) as page:
        await page.goto(desk.url)
        await page.get_by_role("link", name="Reload for news").click()
        await page.locator("#count-verifying").click()
        await page.get_by_label("Machine").fill("press-2")
        await page.get_by_role("button", name="Find").click()
        await page.locator("a.case").click()
        await expect(page.get_by_role("img", name="Temperature")).to_be_visible()
        await page.get_by_text("Withdraw the case").click()
        await page.get_by_label("Why?").fill("The press was sold.")
        assert pages


async def test_staff_transfer_a_machine_by_keyboard_without_javascript(desk: Shown) -> None:
    await desk.site.car("car-keys")
    async with desk.page(staff=True, java_script_enabled=False, viewport=PHONE) as page:
        await page.goto(f"{desk.url}/machines/car-keys")
        await page.get_by_text("Transfer it").focus()
        await page.keyboard.press("Enter")
        await page.get_by_label("E-mail address of the new owner").focus()
        await page.keyboard.type("kim@example.org")
        await page.keyboard.press("Enter")
        name = page.get_by_label("Name")
        await expect(name).to_have_accessible_description(re.compile("say who it is|registered"))
        sure = page.get_by_label("I know that this cannot be taken back.")
        await expect(sure).to_have_attribute("aria-invalid", "true")
        await name.fill("Kim")
        await sure.focus()
        await page.keyboard.press("Space")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("status")).to_have_text("The machine is transferred.")
        await expect(page.get_by_role("link", name="Kim")).to_be_visible()


async def test_no_page_scrolls_sideways_on_a_phone(desk: Shown, pages: dict[str, str]) -> None:
    owner = await owner_of(desk.site, allowing.OWNER)
    async with desk.page(staff=True, owner=owner, viewport=PHONE) as page:
        wide = {}
        for name, path in pages.items():
            await page.goto(desk.url + path)
            await unfold(page)
            wide[name] = await page.evaluate("document.documentElement.scrollWidth")
    assert {name: width for name, width in wide.items() if width > PHONE["width"]} == {}


@NO_AXE
@pytest.mark.parametrize(
    ("viewport", "scheme"), [(PHONE, "dark"), (DESK, "light")], ids=["phone", "desk"]
)
async def test_every_page_meets_wcag_2_2_aa(
    desk: Shown, pages: dict[str, str], scheme: str, viewport: dict[str, int]
) -> None:
    found = []
    owner = await owner_of(desk.site, allowing.OWNER)
    async with desk.page(staff=True, owner=owner, viewport=viewport, color_scheme=scheme) as page:
        for name, path in pages.items():
            await page.goto(desk.url + path)
            await unfold(page)
            await page.evaluate(AXE.read_text())
            result = await page.evaluate("asked => axe.run(asked)", ASKED)
            found += [
                f"{name}: {one['id']}: {node['html'][:120]} {node['failureSummary'][:200]}"
                for one in result["violations"]
                for node in one["nodes"]
            ]
    assert not found, "\n".join(found[:10])


async def test_the_dark_is_dark(desk: Shown) -> None:
    grounds = {}
    for scheme in ("light", "dark"):
        async with desk.page(color_scheme=scheme) as page:
            await page.goto(f"{desk.url}/log-in")
            ground = await page.evaluate(
                "getComputedStyle(document.documentElement).backgroundColor"
            )
            grounds[scheme] = [int(one) for one in re.findall(r"\d+", ground)[:3]]
    assert min(grounds["light"]) > 200
    assert max(grounds["dark"]) < 50


async def test_nothing_moves_for_who_asked_for_that(desk: Shown) -> None:
    async with desk.page(staff=True) as page:
        await page.goto(desk.url)
        await expect(page.locator("[data-live]")).to_have_text("Live")
        assert await page.evaluate("document.getAnimations({subtree: true}).length") == 0


async def test_the_clocks_of_promises_run(desk: Shown, pages: dict[str, str]) -> None:
    assert pages
    async with desk.page(staff=True) as page:
        await page.goto(desk.url)
        left = page.locator("time[data-left]").first
        await expect(left).to_have_text(re.compile(r"in \d\d:\d\d"))
        before = await left.inner_text()
        await expect(left).not_to_have_text(before)


async def test_no_page_asks_elsewhere_or_breaks_a_rule_of_its_own(
    desk: Shown, pages: dict[str, str]
) -> None:
    desk.wrong.clear()
    async with desk.page(staff=True, viewport=DESK) as page:
        for path in pages.values():
            await page.goto(desk.url + path)
        await page.goto(desk.url)
        await expect(page.locator("[data-live]")).to_have_text("Live")
        await _settle(page)
    unknown = [one for one in desk.wrong if "404" not in one]
    assert not unknown


async def _settle(page: Page) -> None:
    await page.evaluate("new Promise(done => setTimeout(done, 50))")
