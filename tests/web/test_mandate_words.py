"""A mandate in words, on the form and in the mail by which its owner learns of it."""

import re

import pytest
from tests.web.owners import get, owner_of
from tests.web.site import Site

from thingdesk.catalog import Catalog
from thingdesk.mandates import Terms
from thingdesk.packs import person, vehicle
from thingdesk.platform import clock
from thingdesk.platform.money import Money
from thingdesk.web.owner.plain import Plain, facts, plain

MAIL = """\
Your mandate was {how}.

This may be done in your name without asking you:
For: Repair a fault
Money: {money}, without asking
Machines: all of yours, also later ones
Asks before: {asks}
Ends: when you say stop

If that was not you, open your page and say stop."""


async def test_the_mail_about_a_mandate_says_what_it_permits(site: Site) -> None:
    await site.car("words-a", terms=None)
    own, owner = await site.own("words-a"), await owner_of(site, "words-a")
    first = {"services": ["vehicle.repair"], "machines": ["*"], "act": "grant"}
    async with site.browser() as browser:
        await browser.post(own + "/mandate", data=first)
        (seen,) = re.findall(r'name="seen" value="([^"]+)"', await get(site, own + "/mandate"))
        more = {"per_case": "300", "per_period": "1000", "always": ["book", "dispatch"]}
        await browser.post(own + "/mandate", data={**first, **more, "seen": seen})
    sql = "select words from notice where kind = 'mandate.granted' and to_id = $1 order by told_at"
    async with site.hand.database.transaction() as tx:
        mails = [one["words"] for one in await tx.fetch(sql, str(owner))]
    nothing, spent = (
        "nothing that costs you money",
        "up to 300.00 EUR for one case, and 1000.00 EUR",
    )
    assert mails == [
        MAIL.format(how="given (version 1)", money=nothing, asks="whatever is beyond this"),
        MAIL.format(
            how="changed (version 2)",
            money=f"{spent} in a calendar month",
            asks="booking an appointment and sending somebody at once",
        ),
    ]


async def test_the_form_tells_what_a_service_does_as_a_list_for_any_machine(site: Site) -> None:
    await site.car("words-b", terms=None)
    form = await get(site, await site.own("words-b") + "/mandate")
    assert "booking an appointment and setting a part aside" in form
    assert "tow truck" not in form


def test_all_that_may_be_asked_for_is_named() -> None:
    catalog = Catalog([*vehicle.SERVICES, *person.SERVICES])
    people = (
        "to ask for: Ask for a person, Book a call back, Hand over to the owner,"
        " See how long a person takes and Want a person no longer"
    )
    for patterns, words in (
        (("person.*", "meter.*"), (people,)),
        (("person.*", "vehicle.repair"), ("Repair a fault", f"and {people}")),
        (("vehicle.repair",), ("Repair a fault",)),
        (("meter.*",), ("nothing offered now",)),
    ):
        said = facts(plain(Terms(patterns), catalog, ()), "UTC", clock.now())
        assert dict(said)["For"] == words


def test_machines_that_are_not_the_owners_any_more_are_counted() -> None:
    euros = Money(100, "EUR")
    said = Plain(True, (), ("repair",), ("a", "b"), 2, euros, euros, (), None, None)
    assert dict(facts(said, "UTC", clock.now())) == {
        "For": ("everything that is offered, also what is offered later",),
        "Only by": ("repair",),
        "Money": ("up to 1.00 EUR for one case, and 1.00 EUR in a calendar month, without asking",),
        "Machines": ("a, b and 2 that are not yours any more",),
        "Asks before": ("whatever is beyond this",),
        "Ends": ("when you say stop",),
    }


@pytest.mark.parametrize(
    ("case", "period", "words"),
    [
        (50, None, "up to 50.00 EUR for one case, but nothing in a calendar month"),
        (None, 200, "up to 200.00 EUR in a calendar month, but nothing for one case"),
    ],
)
def test_half_of_an_amount_is_said(case: int | None, period: int | None, words: str) -> None:
    """Such were taken once: nothing is spent under them unasked, and the words hide no money."""
    some = [Money(one * 100, "EUR") if one else None for one in (case, period)]
    shown = plain(Terms(("*",), per_case=some[0], per_period=some[1]), Catalog([]), ())
    said = dict(facts(shown, "UTC", clock.now()))
    assert said["Money"] == (f"{words}: so you are asked each time",)
