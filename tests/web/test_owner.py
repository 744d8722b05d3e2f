"""The owner's own page: what was done in their name, and stop."""

import asyncio
import re
from datetime import timedelta

from tests.links import subject_of
from tests.waiting import until
from tests.web.owners import everything, get, mandate_of, owner_of, told
from tests.web.site import MISFIRE, Site

from thingdesk import cases, decisions, journeys, parties
from thingdesk.cases import Outcome
from thingdesk.mandates import Terms
from thingdesk.parties import OWNER_PAGE
from thingdesk.platform import clock, ids


async def test_the_page_shows_what_is_done_and_what_waits(site: Site) -> None:
    case_id, _ = await site.asked("own-a")
    page = await get(site, await site.own("own-a"))
    assert "1 machine acts for you. 1 question waits for you." in page
    assert "Repair a fault" in page
    assert "your answer" in page
    assert "Ignition coil at Centre Near" in page
    assert "set aside · you pay · by your mandate" in page
    assert page.count("189.00 EUR") == 2, "the part, and what the month has had"
    assert "up to 500.00 EUR for one case, and 2000.00 EUR in a calendar month" in page
    assert "<li>Help on the road</li><li>Repair a fault</li>" in page
    assert "Version 1" in page
    (question,) = re.findall(r'href="(/decision/[^"]+)"', page)
    assert "When may Centre Near see to" in await get(site, question)
    await site.hand.answer(case_id, "slot0")
    await site.hand.finish(await site.hand.accept(case_id), "Coil fitted.")
    page = await get(site, await site.own("own-a"))
    assert "to prove by its own signals that it is well: 0 of 10 are in" in page
    assert "built in · you pay" in page
    assert "You said:" in page


async def test_what_waits_for_a_yes_is_struck_out_only_when_nobody_can_say_it(site: Site) -> None:
    case_id, _ = await site.asked("own-yes", terms=None)
    own = await site.own("own-yes")
    page = await get(site, own)
    assert "needs your yes" in page
    assert 'class="gone"' not in page
    async with site.browser() as browser:
        await browser.post(f"{own}/cases/{case_id}/withdraw")
    await site.hand.work()
    page = await get(site, own)
    assert "needs your yes" not in page
    assert 'class="gone"' in page
    assert "not begun" in page


async def test_what_ended_has_its_outcome_in_words_page_by_page(site: Site) -> None:
    await site.car("own-b", terms=None)
    turnable = clock.Turnable()
    with clock.reading(turnable):
        for n in range(26):
            case_id = await site.hand.opened("own-b", "vehicle.repair", {"code": f"P03{n:02}"})
            await site.hand.answer(case_id, "no")
            turnable.turn(timedelta(minutes=1))
    own = await site.own("own-b")
    page = await get(site, own)
    assert page.count("Not done") == 5
    assert "You did not say yes to it." in page
    first = await get(site, own + "/done")
    assert first.count("Not done") == 20
    (further,) = re.findall(r'href="([^"]+after=[^"]+)"', first)
    assert (await get(site, further)).count("Not done") == 6
    for wrong in (
        "x", "2026-11-21T20:00:00_x", f"2026-11-21T20:00:00_{ids.new()}", "a_" * 40,
        f"0001-01-01T00:00:00%2B14:00_{ids.new()}", f"9999-12-31T23:59:59-14:00_{ids.new()}",
        f"0001-01-01T00:00:00Z_{ids.new()}",
    ):  # fmt: skip
        await get(site, f"{own}/done?after={wrong}", 422)


async def test_looking_changes_nothing(site: Site) -> None:
    case_id, _ = await site.asked("own-c")
    own = await site.own("own-c")
    before, mandate = await everything(site), await mandate_of(site, "own-c")
    places = ("", "/done", "/stop", "/mandate", "/questions", f"/cases/{case_id}/withdraw")
    for place in (*(own + one for one in places), "/owner"):
        for query in ("", "?said=stopped", "?act=grant&services=*&usual=yes&email=a@example.org"):
            page = await get(site, place + query)
            assert "Nothing more is done in your name" not in page
    assert await everything(site) == before
    assert await mandate_of(site, "own-c") == mandate


async def test_a_stop_counts_at_once_for_a_journey_that_waits(site: Site) -> None:
    case_id, _ = await site.asked("own-stop")
    own, owner = await site.own("own-stop"), await owner_of(site, "own-stop")
    page = await get(site, own + "/stop")
    assert "A stop does not undo what was begun" in page
    assert "Ignition coil at Centre Near" in page
    async with site.browser() as browser:
        for _ in "12":
            answer = await browser.post(own + "/stop")
            assert (answer.status_code, answer.headers["location"]) == (303, f"{own}?said=stopped")
    assert await told(site, owner) == ["mandate.revoked"], "once"
    # the date that was open is chosen, and what comes of it is asked now
    await site.hand.answer(case_id, "slot0")
    asked = (await site.hand.question(case_id)).question
    assert asked.approves
    assert asked.proposal
    assert asked.proposal.why == "You have revoked your mandate."
    assert (await site.hand.kinds(case_id)).count("job.offered") == 0
    page = await get(site, own + "?said=stopped")
    assert "<b>Stopped.</b>" in page
    assert "machine acts for you" not in page
    assert "You said stop" in page
    assert "needs your yes" in page
    assert "/stop" not in page
    assert "There is no mandate to stop" in await get(site, own + "/stop")


async def test_a_stop_is_that_of_one_owner(site: Site) -> None:
    await site.car("own-d")
    await site.car("own-e")
    async with site.browser() as browser:
        await browser.post(await site.own("own-d") + "/stop")
    stopped, goes_on = await mandate_of(site, "own-d"), await mandate_of(site, "own-e")
    assert stopped
    assert stopped.revoked_at
    assert goes_on
    assert not goes_on.revoked_at


async def test_a_case_that_is_not_wanted_is_taken_back(site: Site) -> None:
    case_id, _ = await site.asked("own-f")
    own = await site.own("own-f")
    withdraw = f"{own}/cases/{case_id}/withdraw"
    assert "What was begun" in await get(site, withdraw)
    async with site.browser() as browser:
        answer = await browser.post(withdraw)
        assert answer.headers["location"] == f"{own}?said=withdrawn"
        await site.hand.work()
        case = await site.hand.case(case_id)
        assert (case.outcome, case.outcome_words) == (
            Outcome.WITHDRAWN,
            "You did not want it any more.",
        )
        again = await browser.post(withdraw)
        assert again.headers["location"] == f"{own}?said=ended"
    page = await get(site, own)
    assert "Taken back" in page
    assert 'class="gone"' in page
    assert "It has ended already" in await get(site, withdraw)
    await get(site, f"{own}/cases/{ids.new()}/withdraw", 404)
    await get(site, f"{own}/cases/x/withdraw", 404)


async def test_a_case_is_taken_back_while_its_journey_works(site: Site) -> None:
    """A worker holds the run and then locks the case; two who differ in that wait for ever."""
    case_id, _ = await site.asked("own-w")
    own = await site.own("own-w")
    waiting = "select exists (select from pg_stat_activity where wait_event_type = 'Lock'"

    async def waits() -> bool:
        async with site.hand.database.transaction() as looking:
            return bool(await looking.fetchval(f"{waiting} and datname = current_database())"))

    async with (
        site.browser() as browser,
        asyncio.TaskGroup() as group,
        site.hand.database.transaction() as tx,
    ):
        runs = [run[0] for run in await journeys.of_case(tx, case_id)]
        await tx.fetch("select id from durable_run where id = any($1) for update", runs)
        answer = group.create_task(browser.post(f"{own}/cases/{case_id}/withdraw"))
        await until(waits)
        await cases.get(tx, case_id, lock=True)
    assert answer.result().headers["location"] == f"{own}?said=withdrawn"
    assert (await site.hand.case(case_id)).outcome is Outcome.WITHDRAWN


async def test_an_owner_says_how_often_they_may_be_asked(site: Site) -> None:
    await site.car("own-g")
    own, owner = await site.own("own-g"), await owner_of(site, "own-g")
    async with site.browser() as browser:
        for wrong in ("", "-1", "51", "2.5", "many", "٣", "999999999"):
            answer = await browser.post(own + "/questions", data={"questions": wrong})
            assert answer.status_code == 422
        answer = await browser.post(own + "/questions", data={"questions": "51"})
        assert 'aria-describedby="wrong-questions"' in answer.text
        assert 'value="51"' in answer.text
        await browser.post(own + "/questions", data={"questions": "0"})
    case_id = await site.hand.opened("own-g", "vehicle.repair", MISFIRE)
    async with site.hand.database.transaction() as tx:
        (one,) = await decisions.of_case(tx, case_id)
    assert one.state is decisions.State.SPARED
    page = await get(site, own)
    assert "We choose dates and the like for you." in page
    assert "Questions this week: none" in page
    assert "You were asked enough that week, so it is:" in page
    async with site.browser() as browser:
        await browser.post(own + "/questions", data={"usual": "yes"})
    page = await get(site, own + "?said=questions")
    assert "After 3 questions in a week we choose dates and the like for you." in page
    async with site.hand.database.transaction() as tx:
        assert await decisions.attention_of(tx, [owner]) == {owner: 3}


async def test_a_text_of_a_machine_is_text(site: Site) -> None:
    evil = "<script>alert(1)</script>"
    await site.car("own-n")
    case_id = await site.hand.opened("own-n", "test.odd", {"noise": evil})
    own = await site.own("own-n")
    for path in (own, own + "/stop", f"{own}/cases/{case_id}/withdraw"):
        page = await get(site, path)
        assert "<script" not in page
    assert "our staff, who look into it" in await get(site, own)


async def test_an_owner_without_a_machine_or_a_mandate_is_told_what_to_do(site: Site) -> None:
    await site.car("own-o", terms=None)
    own = await site.own("own-o")
    page = await get(site, own)
    assert "You have given none" in page
    assert "Nothing is under way" in page
    assert "Talk to a person" not in page, "nobody has said how"
    assert "/stop" not in page
    async with site.hand.database.transaction() as tx:
        await parties.transfer(tx, "own-o", None, clock.now())
    assert "No machine acts for you at present" in await get(site, own)
    owner = await subject_of(site.hand.database, OWNER_PAGE, own.rpartition("/")[2])
    async with site.hand.database.transaction() as tx:
        await parties.erase_owner(tx, owner)
    assert "Nobody is here any more" in await get(site, own, 404)


async def test_cases_of_an_owner_are_found_by_their_ownerships(site: Site) -> None:
    case_id, _ = await site.asked("own-p", Terms(("vehicle.*",)))
    owner, now = await owner_of(site, "own-p"), clock.now()
    async with site.hand.database.transaction() as tx:
        for since, ended, found in (
            ({"own-p": now - timedelta(hours=1)}, False, [case_id]),
            ({"own-p": now}, False, []),
            ({"other": now - timedelta(hours=1)}, False, []),
            ({"own-p": now - timedelta(hours=1)}, True, []),
        ):
            wanted = cases.OwnedCases(owner, since, ended)
            assert [one.id for one in await cases.of_owner(tx, wanted)] == found
        nobody = cases.OwnedCases(ids.new(), {"own-p": now - timedelta(hours=1)}, ended=False)
        assert await cases.of_owner(tx, nobody) == []
