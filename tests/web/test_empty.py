"""A new desk teaches what to do."""

import pytest
from tests.web.people import logged_in
from tests.web.site import Site


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/", "thingdesk demo"),
        ("/cases", "car.report(&#34;vehicle.repair&#34;"),
        ("/machines", "thingdesk machines fleet.csv"),
    ],
)
async def test_a_page_without_anything_teaches(site: Site, path: str, words: str) -> None:
    async with logged_in(site) as browser:
        page = (await browser.get(path)).text
    assert words.replace("&#34;", '"') in page


async def test_without_intake_the_wall_says_how_to_start_it(site: Site) -> None:
    async with logged_in(site) as browser:
        assert "No intake is running" in (await browser.get("/")).text
