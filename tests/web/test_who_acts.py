"""What staff see of those whom owners let act for them."""

import html
import re

from tests.journeys.agents import REPAIRS, give
from tests.web.owners import owner_of
from tests.web.people import logged_in
from tests.web.site import Site

from thingdesk import mandates
from thingdesk.mandates import Terms


def text(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


async def test_staff_see_who_may_act_and_to_whom_it_was_given(site: Site) -> None:
    await site.car("acts-a", terms=None)
    owner, database = await owner_of(site, "acts-a"), site.hand.database
    given = await give(database, owner, to="acts-a", terms=REPAIRS)
    passed = await give(database, owner, terms=Terms(("*",)))
    async with logged_in(site) as staff:
        page = text((await staff.get(f"/owners/{owner}")).text)
        assert "what their machines ask for by their own keys is asked of the owner" in page
        assert "everything is asked for" not in page
        section = page[page.index("Who may act for them") :]
        for name in (given.to, passed.to):
            assert f"{name} given" in section
        assert "Repair a fault" in section
        assert "up to 500.00 EUR for one case" in section
        assert "A mandate was given to acts-a, version 1" in page
        child = await give(database, owner, terms=Terms(("vehicle.repair",)), parent=given.id)
        page = text((await staff.get(f"/owners/{owner}")).text)
        assert f"{child.to} passed on by acts-a" in page
        helper = text((await staff.get(f"/machines/{child.to}")).text)
        assert "What its owner lets it do" not in helper, "it is nobody's"
        machine = text((await staff.get("/machines/acts-a")).text)
        assert (
            "What its owner lets it do In the words in which the owner reads it: acts-a" in machine
        )
        assert str(passed.to) not in machine
        async with database.transaction() as tx:
            await mandates.stop(tx, owner, "acts-a", "The owner said stop.")
        page = text((await staff.get(f"/owners/{owner}")).text)
        assert "What acts-a was given was taken back: The owner said stop." in page
        machine = text((await staff.get("/machines/acts-a")).text)
        assert "Nothing was given to it" in machine
