"""Who may act for an owner: on their page in words, with what was done, and stop for each."""

import re
from dataclasses import replace

import pytest
from tests.journeys.agents import REPAIRS, ask, euros, give, opened
from tests.parties.making import signing, unique
from tests.web.allowing import APP, a_request
from tests.web.owners import get, owner_of
from tests.web.site import Site

from thingdesk import access, mandates, parties
from thingdesk.access import Client
from thingdesk.mandates import Mandate, Terms
from thingdesk.platform.errors import Refusal


async def test_each_is_there_with_what_it_may_and_what_it_did(site: Site) -> None:
    await site.car("acting-a")
    owner, database = await owner_of(site, "acting-a"), site.hand.database
    page = await get(site, await site.own("acting-a"))
    assert "Nobody but your own machines." in page
    given = await give(database, owner, terms=replace(REPAIRS, cases=7, approval_above=euros(400)))
    page = await get(site, await site.own("acting-a"))
    assert f"acting/{given.id}" in page
    assert "It has asked for nothing yet." in page
    await opened(site.hand, given, "acting-a")
    child = await give(
        database,
        owner,
        terms=Terms(("vehicle.repair",), providers=("Centre <Near>",)),
        parent=given.id,
    )
    page = await get(site, await site.own("acting-a"))
    assert "It asked for: Repair a fault" in page
    assert "Spent unasked this month: 189.00 EUR." in page
    assert f"by what you let {given.to} do" in page
    assert "by your mandate" not in page
    assert f"Passed on by {given.to}" in re.sub("<[^>]*>", "", page)
    closer = await get(site, f"{await site.own('acting-a')}/acting/{given.id}")
    assert "7 in a calendar month" in closer
    assert "whatever costs more than 400.00 EUR" in closer
    assert "this or less of it to others, once" in closer
    closer = await get(site, f"{await site.own('acting-a')}/acting/{child.id}")
    assert "Centre &lt;Near&gt;" in closer


async def test_two_of_one_model_are_told_apart_and_an_app_has_its_name(site: Site) -> None:
    await site.car("acting-j")
    owner, database = await owner_of(site, "acting-j"), site.hand.database
    ids = sorted(unique("barista") for _ in range(2))
    async with database.transaction() as tx:
        new = [parties.NewMachine(one, "coffee_machine", "Barista 3000") for one in ids]
        await parties.register(tx, new)
    for one in ids:
        await give(database, owner, to=one)
    request = await a_request(
        site, Client("https://a.example/c.json", "Butler", redirects=APP.redirects)
    )
    async with database.transaction() as tx:
        terms = Terms(("vehicle.repair",))
        await access.confirm(tx, site.hand.flow, request, owner, terms)
    page = await get(site, await site.own("acting-j"))
    names = re.findall(r'<h3><b>(.*?)</b></h3>\s<p><span class="small quiet">(.*?)</span>', page)
    said = {tuple(re.sub("<[^>]*>", "", part) for part in one) for one in names}
    machines = {(one, "Barista 3000") for one in ids}
    assert said == {("Butler", "https://a.example/c.json"), *machines}


async def test_one_is_stopped_and_the_others_go_on(site: Site) -> None:
    await site.car("acting-b")
    owner, database = await owner_of(site, "acting-b"), site.hand.database
    gone, kept = await give(database, owner), await give(database, owner)
    own = await site.own("acting-b")
    await get(site, f"{own}/acting/{gone.id}")
    async with site.browser() as browser:
        answer = await browser.post(f"{own}/acting/{gone.id}")
        assert answer.status_code == 303
        page = await browser.get(answer.headers["location"])
    assert "It can ask for nothing more in your name." in page.text
    assert gone.to
    assert gone.to not in re.sub("<[^>]*>", "", page.text)
    answer_ = await ask(site.hand, gone, "acting-b")
    assert isinstance(answer_, Refusal)
    assert answer_.code == "mandate_revoked"
    await opened(site.hand, kept, "acting-b")


async def _stopped(site: Site, own: str, given: Mandate) -> str:
    """The words of the page after a stop."""
    async with site.browser() as browser:
        answer = await browser.post(f"{own}/acting/{given.id}")
        assert answer.status_code == 303
        page = await browser.get(answer.headers["location"])
    return " ".join(re.sub("<[^>]*>", "", page.text).split())


async def test_a_stop_is_of_all_that_a_machine_was_given(site: Site) -> None:
    """Also where it is said at what the machine passed on to itself."""
    await site.car("acting-h")
    owner, database = await owner_of(site, "acting-h"), site.hand.database
    given = await give(database, owner)
    less = Terms(("vehicle.repair",))
    own_task = await give(database, owner, to=given.to, terms=less, parent=given.id)
    helpers = await give(database, owner, terms=less, parent=given.id)
    page = await _stopped(site, await site.own("acting-h"), own_task)
    assert "It can ask for nothing more in your name." in page
    async with database.transaction() as tx:
        found = await mandates.get_many(tx, {one.id for one in (given, own_task, helpers)})
    assert [bool(one.revoked_at) for one in found.values()] == [True, True, True]


async def test_who_passed_it_on_goes_on_and_is_named(site: Site) -> None:
    await site.car("acting-i")
    owner, database = await owner_of(site, "acting-i"), site.hand.database
    given = await give(database, owner)
    helpers = await give(database, owner, terms=Terms(("vehicle.repair",)), parent=given.id)
    own = await site.own("acting-i")
    left = f"What {given.to} may do for you is not stopped by this"
    assert left in await get(site, f"{own}/acting/{helpers.id}")
    page = await _stopped(site, own, helpers)
    assert left in page
    assert "nothing more in your name" not in page
    async with database.transaction() as tx:
        found = await mandates.get_many(tx, {given.id, helpers.id})
    assert [bool(found[one.id].revoked_at) for one in (given, helpers)] == [False, True]


@pytest.mark.parametrize(
    ("name", "terms", "left"),
    [
        ("acting-j", REPAIRS, "by its own key it may ask for what your mandate says."),
        ("acting-k", None, "by its own key it may ask for something, and nothing is done without"),
    ],
)
async def test_a_machine_of_theirs_keeps_its_key(
    site: Site, name: str, terms: Terms | None, left: str
) -> None:
    await site.car(name, terms=terms)
    database = site.hand.database
    async with database.transaction() as tx:
        await parties.add_key(tx, name, signing(name).x)
    given = await give(database, await owner_of(site, name), to=name)
    own = await site.own(name)
    assert left in await get(site, f"{own}/acting/{given.id}")
    page = await _stopped(site, own, given)
    assert f"It is still one of your machines: {left}" in page
    assert "nothing more in your name" not in page
    async with database.transaction() as tx:
        mail = await tx.fetchval(
            "select words from notice where to_id = $1 and kind = 'mandate.revoked'",
            str(given.owner_id),
        )
    assert left in mail


async def test_stop_for_all_is_for_them_too(site: Site) -> None:
    await site.car("acting-c", terms=None)
    owner, database = await owner_of(site, "acting-c"), site.hand.database
    given = await give(database, owner)
    own = await site.own("acting-c")
    page = await get(site, f"{own}/stop")
    assert f"can ask for nothing more:\n{given.to}" in page
    async with site.browser() as browser:
        assert (await browser.post(f"{own}/stop")).status_code == 303
    async with database.transaction() as tx:
        found = await mandates.get(tx, given.id)
    assert found
    assert found.revoked_at


async def test_the_signed_version_is_theirs_to_keep(site: Site) -> None:
    await site.car("acting-d")
    owner = await owner_of(site, "acting-d")
    given = await give(site.hand.database, owner)
    own = await site.own("acting-d")
    async with site.browser() as browser:
        assert "/signed?version=1" in (await browser.get(f"{own}/acting/{given.id}")).text
        missing = await browser.get(f"{own}/acting/{given.id}/signed?version=2")
        assert missing.status_code == 404
        kept = await browser.get(f"{own}/acting/{given.id}/signed?version=1")
    assert kept.headers["content-disposition"] == f'attachment; filename="mandate-{given.to}-1.jws"'
    async with site.hand.database.transaction() as tx:
        claims = (await parties.desk_key(tx)).verify(kept.text, "thingdesk-mandate+jwt")
    assert (claims["to"], claims["owner"]) == (given.to, str(owner))


async def test_nobody_else_sees_or_stops_it(site: Site) -> None:
    for name in ("acting-e", "acting-f"):
        await site.car(name)
    given = await give(site.hand.database, await owner_of(site, "acting-e"))
    own = await site.own("acting-f")
    async with site.browser() as browser:
        for place in (f"{own}/acting/{given.id}", f"{own}/acting/{given.id}/signed"):
            assert (await browser.get(place)).status_code == 404
        assert (await browser.post(f"{own}/acting/{given.id}")).status_code == 404
    async with site.hand.database.transaction() as tx:
        found = await mandates.get(tx, given.id)
    assert found
    assert found.revoked_at is None


async def test_the_standing_mandate_keeps_what_the_form_does_not_ask(site: Site) -> None:
    limited = replace(REPAIRS, providers=("Centre Near",), cases=3, approval_above=euros(100))
    await site.car("acting-g", terms=limited)
    own = await site.own("acting-g")
    form = {"services": ["vehicle.repair"], "per_case": "50", "per_period": "60"}
    async with site.browser() as browser:
        answer = await browser.post(f"{own}/mandate", data={**form, "seen": "1", "act": "grant"})
        assert answer.status_code == 303, answer.text
    owner = await owner_of(site, "acting-g")
    async with site.hand.database.transaction() as tx:
        now = await mandates.mandate_of(tx, owner)
    assert now
    assert now.terms == replace(limited, per_case=euros(50), per_period=euros(60))
