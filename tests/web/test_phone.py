"""What stands on a phone's narrow page."""

from itertools import pairwise

from tests.web.chromium import NO_CHROMIUM, chromium, shown
from tests.web.seeding import breakdown
from tests.web.site import Site

pytestmark = NO_CHROMIUM
PHONE = {"width": 360, "height": 740}
TICKS = """
all => {
    const last = Math.max(...all.map(one => Number(one.getAttribute("y"))));
    return all.filter(one => Number(one.getAttribute("y")) === last)
        .map(one => one.getBoundingClientRect())
        .filter(one => one.width).map(one => [one.left, one.right]);
}
"""


async def test_all_places_stand_on_one_line_and_times_of_a_chart_apart(site: Site) -> None:
    await breakdown(site, "car-phone")
    case = await site.hand.case_of("car-phone")
    async with (
        chromium() as browser,
        shown(browser, site) as desk,
        desk.page(staff=True, viewport=PHONE) as page,
    ):
        await page.goto(f"{desk.url}/cases/{case.id}")
        places = page.locator(".top nav a")
        tops = await places.evaluate_all("all => all.map(one => one.offsetTop)")
        ticks = await page.locator(".chart text.tick").evaluate_all(TICKS)
    assert len(tops) == 7
    assert len(set(tops)) == 1
    assert len(ticks) > 1
    assert all(one[1] < other[0] for one, other in pairwise(ticks))


async def test_times_to_choose_from_stay_inside_their_page(site: Site) -> None:
    _, link = await site.asked("car-times")
    async with (
        chromium() as browser,
        shown(browser, site) as desk,
        desk.page(viewport=PHONE) as page,
    ):
        await page.goto(desk.url + link)
        right = "all => all.map(one => one.getBoundingClientRect().right)"
        (form,) = await page.locator("form.answers").evaluate_all(right)
        times = await page.locator(".pick").evaluate_all(right)
    assert len(times) > 1
    assert max(times) <= form
