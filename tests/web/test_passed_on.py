"""What was passed on stands on an owner's page below whom it is from."""

import html
import re
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from tests.journeys.agents import REPAIRS, give
from tests.web.owners import get, owner_of
from tests.web.site import Site

from thingdesk.mandates import Terms
from thingdesk.platform import clock

DEEP = replace(REPAIRS, depth=2)
LESS = Terms(("vehicle.repair",))


def text(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def _entry(page: str, own: str, mandate_id: UUID) -> str:
    """What stands in the list about one to whom the owner gave something."""
    entries: list[str] = re.findall(
        r'<li class="case"><h3>.*?(?=<li class="case">|</section>)', page, re.DOTALL
    )
    (found,) = [one for one in entries if f"{own}/acting/{mandate_id}" in one]
    return found


async def test_each_is_below_whom_it_is_from(site: Site) -> None:
    await site.car("passed-a")
    owner, database = await owner_of(site, "passed-a"), site.hand.database
    top = await give(database, owner, terms=DEEP)
    other = await give(database, owner)
    one = await give(database, owner, terms=replace(REPAIRS, depth=1), parent=top.id)
    two = await give(database, owner, terms=LESS, parent=one.id)
    own = await site.own("passed-a")
    page = await get(site, own)
    entry = _entry(page, own, top.id)
    assert str(one.id) not in _entry(page, own, other.id)
    said = text(entry)
    assert f"Passed on by {top.to} to {one.to} Only Repair a fault." in said
    assert f"Passed on by {one.to} to {two.to} Only Repair a fault." in said
    assert "Money: nothing that costs you money, without asking. Until " in said
    assert "or stop it and all that it passed on" in said
    nested = entry[entry.index(f"acting/{one.id}") :]
    assert nested.index('<ul class="passed">') < nested.index(f"acting/{two.id}")
    closer = text(await get(site, f"{own}/acting/{top.id}"))
    assert f"With it ends what was passed on to {one.to} and {two.to}." in closer
    assert f"Passed on by {one.to} to {two.to}" in closer
    stop = text(await get(site, f"{own}/stop"))
    assert all(str(given.to) in stop for given in (top, other, one, two))


async def test_many_are_folded_and_hide_nobody_to_whom_the_owner_gave(site: Site) -> None:
    await site.car("passed-b")
    owner, database = await owner_of(site, "passed-b"), site.hand.database
    top = await give(database, owner)
    for _ in range(22):
        await give(database, owner, terms=LESS, parent=top.id)
    own = await site.own("passed-b")
    entry = _entry(await get(site, own), own, top.id)
    assert "<summary>Passed on to more than 20 others</summary>" in entry
    assert entry.count("Passed on by") == 20
    assert " and 13 more." in text(await get(site, f"{own}/stop"))


async def test_what_has_ended_is_folded_away(site: Site, turnable: clock.Turnable) -> None:
    await site.car("passed-c")
    owner, database = await owner_of(site, "passed-c"), site.hand.database
    soon = clock.now() + timedelta(hours=1)
    top = await give(database, owner)
    over = await give(database, owner, terms=replace(LESS, ends=soon), parent=top.id)
    gone = await give(database, owner, terms=replace(REPAIRS, ends=soon))
    turnable.turn(timedelta(hours=2))
    own = await site.own("passed-c")
    page = await get(site, own)
    entry = _entry(page, own, top.id)
    ended = entry[entry.index("<summary>Passed on and ended (1)</summary>") :]
    assert f"acting/{over.id}" in ended
    assert "or stop it and all" not in entry
    assert "<summary>Ended (1)</summary>" in page
    assert page.index("<summary>Ended (1)") < page.index(f"acting/{gone.id}")
    assert str(gone.to) not in text(await get(site, f"{own}/stop"))


async def test_what_a_machine_passes_on_of_the_standing_mandate_is_there(site: Site) -> None:
    await site.car("passed-d", replace(REPAIRS, depth=1))
    owner, database = await owner_of(site, "passed-d"), site.hand.database
    async with database.transaction() as tx:
        standing = await tx.fetchval("select id from mandate where owner_id = $1", owner)
    passed = await give(database, owner, terms=LESS, parent=standing)
    own = await site.own("passed-d")
    said = text(_entry(await get(site, own), own, passed.id))
    assert "Passed on to it of your mandate: Repair a fault." in said
