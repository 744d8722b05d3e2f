import re

from tests.web.people import logged_in
from tests.web.seeding import seed
from tests.web.site import Site


async def test_the_chart_of_a_short_case_is_not_mostly_empty(site: Site) -> None:
    await seed(site)
    case_id = (await site.hand.case_of("press-1")).id
    async with logged_in(site) as browser:
        page = (await browser.get(f"/cases/{case_id}")).text
    lines = re.findall(r'<line class="marker \w+" x1="([\d.]+)%"', page)
    assert float(lines[-1]) - float(lines[0]) > 20
    curve = [float(x) for x in re.findall(r"[ML]([\d.]+) ", page[page.index('class="curve"') :])]
    assert max(curve) - min(curve) > 750, "the line fills the picture"
