"""The id of a machine in a headline."""

import pytest
from tests.web.chromium import NO_CHROMIUM, chromium, shown
from tests.web.site import Site

from thingdesk.web.render import unbroken

LINES = """
all => all.map(one => {
    const range = document.createRange();
    range.selectNodeContents(one);
    return new Set([...range.getClientRects()].map(line => line.top)).size;
})
"""


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("May tank-1?", 'May <span class="unbroken">tank-1?</span>'),
        ("<b> a-<i>", '&lt;b&gt; <span class="unbroken">a-&lt;i&gt;</span>'),
        ("tank-\u202e1  x", '<span class="unbroken">tank-1</span> x'),
        ("", ""),
    ],
)
def test_words_with_a_hyphen_are_marked_and_text_stays_text(text: str, html: str) -> None:
    assert unbroken(text) == html


@NO_CHROMIUM
async def test_the_id_of_a_machine_is_not_cut_at_its_hyphen(site: Site) -> None:
    _, link = await site.asked("tank-number-1", terms=None)
    lines = set()
    async with chromium() as browser, shown(browser, site) as desk, desk.page() as page:
        await page.goto(f"{desk.url}{link}")
        for width in range(320, 720, 10):
            await page.set_viewport_size({"width": width, "height": 800})
            lines |= set(await page.locator("h1 .unbroken").evaluate_all(LINES))
    assert lines == {1}
