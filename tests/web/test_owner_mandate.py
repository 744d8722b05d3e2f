"""An owner gives a mandate, changes it, and stops it, on several pages at once."""

import asyncio
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from tests import whose
from tests.web.owners import get, mandate_of, owner_of, told
from tests.web.site import GENEROUS, MISFIRE, Site

from thingdesk import mandates, parties
from thingdesk.mandates import Terms
from thingdesk.platform import clock
from thingdesk.platform.money import Money

EUROS = {"per_case": "300", "per_period": "1 000,50"}
REPAIR = {"services": ["vehicle.repair"], **EUROS}
Form = dict[str, Any]


def hidden(page: str) -> Form:
    """What a look hands on to the yes."""
    found: Form = {}
    for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page):
        found.setdefault(name, []).append(value)
    return found


async def look(browser: httpx.AsyncClient, own: str, form: Form) -> Form:
    """Fill in the form beside the mandate that there is now, and look at it."""
    page = (await browser.get(own + "/mandate")).text
    seen = hidden(page)["seen"]
    answer = await browser.post(own + "/mandate", data={**form, "seen": seen, "act": "look"})
    assert answer.status_code == 200, answer.text
    assert "Give this mandate?" in answer.text
    return hidden(answer.text)


async def say_yes(browser: httpx.AsyncClient, own: str, looked: Form) -> httpx.Response:
    return await browser.post(own + "/mandate", data={**looked, "act": "grant"})


async def grant(site: Site, own: str, form: Form) -> Sequence[int]:
    async with site.browser() as browser:
        answer = await say_yes(browser, own, await look(browser, own, form))
    return answer.status_code, answer.text.count("Nothing was granted")


async def test_a_mandate_is_given_after_a_look_and_counts(site: Site) -> None:
    await site.car("man-a", terms=None)
    own, owner = await site.own("man-a"), await owner_of(site, "man-a")
    last = (clock.now() + timedelta(days=40)).date()
    form = {**REPAIR, "always": ["dispatch"], "machines": ["*"], "ends": str(last)}
    async with site.browser() as browser:
        looked = await look(browser, own, form)
        assert await mandate_of(site, "man-a") is None, "a look gives nothing"
        again = (await browser.post(own + "/mandate", data={**looked, "act": "change"})).text
        assert 'value="vehicle.repair" checked' in again
        assert 'value="1 000,50"' in again
        assert await mandate_of(site, "man-a") is None
        answer = await say_yes(browser, own, looked)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{own}?said=granted")
    mandate = await mandate_of(site, "man-a")
    assert mandate
    assert mandate.terms == Terms(
        services=("vehicle.repair",),
        per_case=Money(30000, "EUR"),
        per_period=Money(100050, "EUR"),
        always_ask=("dispatch",),
        ends=datetime(last.year, last.month, last.day, tzinfo=ZoneInfo("Europe/Berlin"))
        + timedelta(days=1),
    )
    assert await told(site, owner) == ["mandate.granted"]
    case_id = await site.hand.opened("man-a", "vehicle.repair", MISFIRE)
    assert not (await site.hand.question(case_id)).question.approves
    page = await get(site, own + "?said=granted")
    assert "Version 1 of your mandate holds" in page
    assert "<dt>For</dt><dd>Repair a fault</dd>" in page
    assert "sending somebody at once" in page
    assert "<b>189.00 EUR</b>" in page.replace(' class="sum"', "")


@pytest.mark.parametrize(
    ("wrong", "where", "words"),
    [
        ({"services": []}, "services", "Choose at least one"),
        ({"services": ["no.such"]}, "services", "Choose at least one"),
        ({"services": ["meter.reading"]}, "services", "Choose at least one"),
        ({"per_case": "1.500"}, "per_case", "Write an amount in EUR"),
        ({"per_case": "-5"}, "per_case", "Write an amount in EUR"),
        ({"per_period": "9" * 30}, "per_period", "Write an amount in EUR"),
        ({"per_period": ""}, "per_period", "Say this amount, too"),
        ({"per_case": ""}, "per_case", "Say this amount, too"),
        ({"per_period": "299.99"}, "per_period", "A month cannot have less"),
        ({"ends": "2020-01-01"}, "ends", "That day is over"),
        ({"ends": "31.12.2030"}, "ends", "Write a day as"),
        ({"ends": "9999-12-31"}, "ends", "too far away"),
    ],
)
async def test_what_is_wrong_is_said_in_its_place(
    site: Site, wrong: Form, where: str, words: str
) -> None:
    name = f"man-b-{abs(hash(str(wrong)))}"
    await site.car(name, terms=None)
    own = await site.own(name)
    async with site.browser() as browser:
        for act in ("look", "grant"):
            form = {**REPAIR, **wrong, "act": act}
            answer = await browser.post(own + "/mandate", data=form)
            assert answer.status_code == 422
            (said,) = re.findall(rf'id="wrong-{where}">([^<]+)', answer.text)
            assert words in said
            assert answer.text.count("wrong-here") == 1
            assert f'aria-describedby="wrong-{where}"' in answer.text
            assert f'<a href="#{where}">' in answer.text
            assert f'id="{where}"' in answer.text
    assert await mandate_of(site, name) is None


async def test_what_the_form_does_not_ask_stays_as_it_was(site: Site) -> None:
    """The owner cannot give more than they were shown by changing something else."""
    before = Terms(
        ("vehicle.*",),
        remedies=("replace_part",),
        machines=("man-c", "man-gone"),
        always_ask=("dispatch", "vehicle.breakdown"),
        begins=clock.now() + timedelta(days=2),
    )
    await site.car("man-c", before)
    await site.hand.machine("man-c-2", "car", owner="owner-man-c")
    own = await site.own("man-c")
    page = await get(site, own + "/mandate")
    assert "only by replace_part" in page
    assert "asks before vehicle breakdown" in page
    assert 'value="man-c" checked' in page
    assert 'value="man-c-2">' in page
    form = {**REPAIR, "machines": ["man-c", "somebody-elses"]}
    assert await grant(site, own, form) == (303, 0)
    mandate = await mandate_of(site, "man-c")
    assert mandate
    terms = mandate.terms
    assert terms.services == ("vehicle.repair",)
    assert (terms.remedies, terms.machines) == (before.remedies, ("man-c",))
    assert (terms.always_ask, terms.begins) == (("vehicle.breakdown",), before.begins)
    async with site.browser() as browser:
        answer = await browser.post(own + "/mandate", data={**REPAIR, "machines": ["other"]})
    assert "Choose at least one of your machines." in answer.text


async def test_who_has_one_machine_is_not_asked_for_which(site: Site) -> None:
    await site.car("man-d", Terms(("vehicle.repair",), machines=("man-d",)))
    own = await site.own("man-d")
    assert "For which machines" not in await get(site, own + "/mandate")
    assert await grant(site, own, {**REPAIR, "machines": ["*"]}) == (303, 0)
    mandate = await mandate_of(site, "man-d")
    assert mandate
    assert mandate.terms.machines == ("man-d",)


async def test_in_the_currency_of_the_mandate_before(site: Site) -> None:
    await site.car("man-e", Terms(("*",), per_case=Money(500, "JPY"), per_period=Money(900, "JPY")))
    own = await site.own("man-e")
    page = await get(site, own + "/mandate")
    assert page.count("(JPY)") == 2
    assert 'value="900"' in page
    assert await grant(site, own, {"services": ["*"], "per_case": "1", "per_period": "2"}) == (
        303,
        0,
    )
    mandate = await mandate_of(site, "man-e")
    assert mandate
    assert mandate.terms == Terms(("*",), per_case=Money(1, "JPY"), per_period=Money(2, "JPY"))


async def test_the_last_day_is_a_whole_day_of_the_owners(site: Site) -> None:
    async with site.hand.database.transaction() as tx:
        new = parties.NewOwner("far@example.org", "Far", "Pacific/Auckland")
        owner = (await parties.add_owner(tx, new)).id
    own = site.link(parties.OWNER_PAGE, owner)
    # 30 November, 13:00 in Auckland
    turnable = clock.Turnable()
    turnable.turn(datetime(2026, 11, 30, 0, tzinfo=UTC) - clock.now())
    with clock.reading(turnable):
        own = site.link(parties.OWNER_PAGE, owner)
        form = {"services": ["*"], "ends": "2026-11-30"}
        assert await grant(site, own, form) == (303, 0)
        async with site.hand.database.transaction() as tx:
            mandate = await mandates.mandate_of(tx, owner)
        assert mandate
        assert mandate.terms.ends == datetime(2026, 11, 30, 11, tzinfo=UTC)
        assert 'value="2026-11-30"' in await get(site, own + "/mandate")
        turnable.turn(timedelta(hours=11))
        assert "It has ended." in await get(site, own)


async def test_of_two_pages_the_second_is_told_and_gives_nothing(site: Site) -> None:
    await site.car("man-f")
    own, owner = await site.own("man-f"), await owner_of(site, "man-f")
    async with site.browser() as browser:
        first = await look(browser, own, REPAIR)
        second = await look(browser, own, {"services": ["*"]})
        assert (await say_yes(browser, own, first)).status_code == 303
        late = await say_yes(browser, own, second)
        assert late.status_code == 409
        assert "Nothing was granted" in late.text
        assert "How it stands now" in late.text
        assert 'value="*" checked' in late.text, "what was chosen is not lost"
        # having seen it, the owner may say it again
        looked = {**hidden(late.text), "services": ["*"], "act": "look"}
        answer = await browser.post(own + "/mandate", data=looked)
        assert (await say_yes(browser, own, hidden(answer.text))).status_code == 303
    mandate = await mandate_of(site, "man-f")
    assert mandate
    assert (mandate.version, mandate.terms.services) == (3, ("*",))
    assert await told(site, owner) == ["mandate.granted"] * 2


async def test_a_button_that_is_pressed_twice_gives_one_mandate(site: Site) -> None:
    await site.car("man-g", terms=None)
    own, owner = await site.own("man-g"), await owner_of(site, "man-g")
    async with site.browser() as browser:
        looked = await look(browser, own, REPAIR)
        answers = await asyncio.gather(*(say_yes(browser, own, looked) for _ in range(6)))
    assert {one.status_code for one in answers} == {303}
    mandate = await mandate_of(site, "man-g")
    assert mandate
    assert mandate.version == 1
    assert await told(site, owner) == ["mandate.granted"]


async def test_a_stop_is_not_undone_by_a_page_that_did_not_know_of_it(site: Site) -> None:
    await site.car("man-h")
    own = await site.own("man-h")
    async with site.browser() as browser:
        looked = await look(browser, own, REPAIR)
        await browser.post(own + "/stop")
        late = await say_yes(browser, own, looked)
        assert late.status_code == 409
        assert "How it stands now: stopped" in late.text
    mandate = await mandate_of(site, "man-h")
    assert mandate
    assert mandate.revoked_at
    assert await grant(site, own, REPAIR) == (303, 0), "knowing of it, the owner may"


async def test_however_stop_and_grant_meet_the_owner_is_stopped_and_told_so(site: Site) -> None:
    for n in range(8):
        await site.car(f"man-i-{n}")
        own = await site.own(f"man-i-{n}")
        async with site.browser() as browser:
            looked = await look(browser, own, REPAIR)
            granted, stopped = await asyncio.gather(
                say_yes(browser, own, looked), browser.post(own + "/stop")
            )
        assert granted.status_code in (303, 409)
        assert stopped.status_code == 303
        mandate = await mandate_of(site, f"man-i-{n}")
        assert mandate
        assert mandate.revoked_at
        assert mandate.version == (2 if granted.status_code == 303 else 1)
        assert "You said stop" in await get(site, own)


async def test_a_form_filled_beside_another_mandate_is_shown_it_before_the_look(site: Site) -> None:
    await site.car("man-j")
    own = await site.own("man-j")
    async with site.browser() as browser:
        answer = await browser.post(own + "/mandate", data={**REPAIR, "seen": "", "act": "look"})
    assert answer.status_code == 409
    mandate = await mandate_of(site, "man-j")
    assert mandate
    assert mandate.terms == GENEROUS


async def test_the_form_offers_what_fits_the_machines_of_the_owner(site: Site) -> None:
    await site.hand.machine("man-press", "press", owner="owner-man-press")
    own = await site.own("man-press")
    page = await get(site, own + "/mandate")
    assert 'value="equipment.inspect"' in page
    assert "Help on the road" not in page
    async with site.hand.database.transaction() as tx:
        owner = await whose.owner_of(tx, "man-press")
        assert owner
        await mandates.grant(tx, owner.id, Terms(("vehicle.*",)))
    page = await get(site, own + "/mandate")
    assert "Help on the road" in page, "what was granted is not lost by a change"
