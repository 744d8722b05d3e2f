"""What owners see of a machine that changed hands."""

from datetime import datetime, timedelta

from tests.web.owners import get, owner_of
from tests.web.site import MISFIRE, Site

from thingdesk import cases, notices, parties
from thingdesk.cases import CaseFilter, State
from thingdesk.platform import clock


async def test_only_the_present_ownership_is_seen(site: Site) -> None:
    """Neither what was before it, nor what comes after it, nor when it is bought back."""
    case_id, _ = await site.asked("own-sold")
    await site.car("own-buyer")
    seller, buyer = await site.own("own-sold"), await site.own("own-buyer")
    sold_by, bought_by = await owner_of(site, "own-sold"), await owner_of(site, "own-buyer")
    withdraw = f"/cases/{case_id}/withdraw"
    assert "own-sold" in await get(site, seller)
    async with site.hand.database.transaction() as tx:
        await parties.transfer(tx, "own-sold", bought_by, clock.now())
    page = await get(site, seller)
    assert "No machines act for you" in page
    assert "No machine acts for you at present" in page
    assert "Repair a fault</h3>" not in page
    assert "When may Centre Near see to" not in page
    assert case_id.hex not in page.replace("-", "")
    page = await get(site, buyer)
    assert "own-sold" in page
    assert case_id.hex not in page.replace("-", "")
    async with site.browser() as browser:
        for own in (seller, buyer):
            assert (await browser.get(own + withdraw)).status_code == 404
            assert (await browser.post(own + withdraw)).status_code == 404
    assert (await site.hand.case(case_id)).state is not State.ENDED
    async with site.hand.database.transaction() as tx:
        await parties.transfer(tx, "own-sold", sold_by, clock.now())
    page = await get(site, seller)
    assert "own-sold" in page
    assert "When may Centre Near see to" not in page
    assert case_id.hex not in page.replace("-", "")
    async with site.browser() as browser:
        assert (await browser.get(seller + withdraw)).status_code == 404
        assert (await browser.post(seller + withdraw)).status_code == 404


async def test_a_former_owner_sees_what_the_sale_took_back_and_the_next_one_does_not(
    site: Site,
) -> None:
    case_id, _ = await site.asked("own-left")
    await site.hand.answer(case_id, "slot0")
    await site.hand.accept(case_id)
    await site.car("own-right")
    seller, buyer = await site.own("own-left"), await site.own("own-right")
    await site.hand.sell("own-left", "owner-own-right")
    await site.hand.opened("own-left", "vehicle.repair", MISFIRE)
    for path in ("", "/done"):
        page = await get(site, seller + path)
        assert page.count("<h3>Repair a fault") == 1, "theirs, and not the next owner's"
        assert "Taken back" in page
        assert "The machine is not yours any more." in page
        assert "Ignition coil at Centre Near" in page
    page = await get(site, buyer)
    assert page.count("<h3>Repair a fault") == 1
    assert "Taken back" not in page
    assert "No case has ended yet." in page


async def test_what_was_found_before_it_was_theirs_is_told_without_its_numbers(site: Site) -> None:
    """Its former owner's time shows in no page, question or mail of the next one."""
    with clock.reading(lambda: clock.system() - timedelta(days=1)):
        await site.hand.machine("own-press", "press", owner="owner-own-press")
    start = clock.now() - timedelta(hours=14)
    cold = [80.0, *[61.25] * 27]
    await site.hand.say("own-press", "temperature", cold, start=start, every=timedelta(minutes=30))
    before = await get(site, await site.own("own-press"))
    assert "the last value was 61.25" in before
    await site.hand.sell("own-press", "owner-own-press-next")
    await site.hand.work()
    async with site.hand.database.transaction() as tx:
        (case,) = await cases.search(tx, CaseFilter(subject="own-press", state=State.OPEN))
    asked = (await site.hand.question(case.id)).question
    async with site.hand.database.transaction() as tx:
        mails = [one.notice.words for one in await notices.of_case(tx, case.id)]
    page = await get(site, await site.own("own-press"))
    assert "Its temperature was below 68 when it became yours." in page
    said = [page, await get(site, site.link("decision", asked.id, asked.owner_id)), *mails]
    assert [one for one in said if "61.25" in one] == []
    assert datetime.fromisoformat((case.evidence or {})["since"]) == case.began_at
    assert "61.25" in cases.briefly(case), "staff see the finding"
