from tests.web.people import logged_in
from tests.web.site import Site


async def test_what_a_machine_says_can_be_seen_and_turns_no_other_words_around(
    site: Site,
) -> None:
    given = {"noise": "knock\u202e\u2066 <i>\u200bEUR 5"}
    await site.hand.machine("hidden-1", "car")
    case_id = await site.hand.opened("hidden-1", "test.odd", given)
    async with logged_in(site) as browser:
        for path in (f"/cases/{case_id}", "/", "/cases?words=knock"):
            page = (await browser.get(path)).text
            assert set(page).isdisjoint("\u202e\u2066\u200b"), path
        assert "Is the knock &lt;i&gt;EUR 5 dangerous?" in (await browser.get("/")).text
