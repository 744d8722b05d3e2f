"""Who may act for an owner: on their page in words, with what was done, and stop for each."""

import re
from dataclasses import replace

from tests.journeys.agents import REPAIRS, ask, euros, give, opened
from tests.web.owners import get, owner_of
from tests.web.site import Site

from thingdesk import mandates, parties
from thingdesk.mandates import Terms
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
    assert f"{given.to} passed on to it" in page
    closer = await get(site, f"{await site.own('acting-a')}/acting/{given.id}")
    assert "7 in a calendar month" in closer
    assert "whatever costs more than 400.00 EUR" in closer
    assert "this or less of it to others, once" in closer
    closer = await get(site, f"{await site.own('acting-a')}/acting/{child.id}")
    assert "Centre &lt;Near&gt;" in closer


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
