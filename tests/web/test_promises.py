from tests.web.people import logged_in
from tests.web.seeding import LOW
from tests.web.site import Site
from tests.web.test_staff_pages import text


async def test_a_promise_that_is_dropped_says_why(site: Site) -> None:
    refused, _ = await site.asked("car-no", LOW)
    await site.hand.answer(refused, "no")
    under_way, _ = await site.asked("car-asked")
    async with logged_in(site) as browser:
        ended = text((await browser.get(f"/cases/{refused}")).text)
        runs = text((await browser.get(f"/cases/{under_way}")).text)
    assert "dropped Nobody waits for it any more: the case ended refused." in ended
    assert "dropped" not in runs


async def test_promises_stand_in_the_order_of_their_time(site: Site) -> None:
    case_id, _ = await site.asked("car-order")
    async with logged_in(site) as browser:
        page = text((await browser.get(f"/cases/{case_id}")).text)
    shown = page.partition("Promises")[2]
    names = ("Receipt within", "Decision within", "Resolution within")
    assert sorted(names, key=shown.index) == list(names)
