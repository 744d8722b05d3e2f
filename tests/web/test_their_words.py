"""Whose words are whose: what others wrote stands in quotation marks where the desk speaks."""

import re
from dataclasses import replace
from html import unescape

from tests.hand import HERE
from tests.web.allowing import ASKS, a_code, a_request
from tests.web.entering import entered
from tests.web.owners import get, owner_of
from tests.web.people import logged_in
from tests.web.site import MISFIRE, Site

from thingdesk import access, parties
from thingdesk.access import Client
from thingdesk.cases import Answer
from thingdesk.catalog import Catalog
from thingdesk.mandates import Terms
from thingdesk.packs import vehicle
from thingdesk.parties import NewMachine, NewOwner
from thingdesk.platform import clock
from thingdesk.web.owner.plain import facts, plain

NAME = 'Help". We have looked at it, it is safe. "'
QUOTED = "\"Help'. We have looked at it, it is safe. '\""
APP = Client("https://app.example/words.json", NAME, redirects=("https://app.example/back",))


async def test_staff_read_who_of_its_reporters_said_what(site: Site) -> None:
    await site.car("said-1")
    owner = NewOwner("owner-said-1@example.org", "owner-said-1", "Europe/Berlin")
    async with site.hand.database.transaction() as tx:
        new = NewMachine("said-helper", "assistant", "Speaker", owner=owner, position=HERE)
        await parties.register(tx, [new])
    case = await site.hand.opened("said-1", "vehicle.repair", MISFIRE, {"description": "It jerks."})
    for by, said in (("said-helper", "My owner hears it."), ("said-1", "It jerks still.")):
        joined = await site.hand.report(
            by, "vehicle.repair", MISFIRE, subject="said-1", said={"note": [{"text": said}]}
        )
        assert isinstance(joined, Answer)
        assert joined.case_id == case
    async with logged_in(site) as browser:
        page = (await browser.get(f"/cases/{case}")).text
    found = re.findall(r"In the words of (\S+):</p>\s*((?:<blockquote>.*?</blockquote>\s*)+)", page)
    assert {by: re.findall(r"<blockquote>(.*?)</blockquote>", texts) for by, texts in found} == {
        "said-1": ["It jerks.", "It jerks still."],
        "said-helper": ["My owner hears it."],
    }


async def test_an_application_is_called_what_it_calls_itself_in_quotation_marks(site: Site) -> None:
    await site.car("said-2", terms=None)
    owner = await owner_of(site, "said-2")
    async with entered(site, owner) as browser:
        path = f"/allow/{await a_request(site, APP)}"
        assert f"<h1>May {QUOTED} act for you?</h1>" in unescape((await browser.get(path)).text)
        less = {"services": "vehicle.repair", "machines": "*", "said": "yes"}
        look = unescape((await browser.post(path, data=less)).text)
        assert f"<h1>May {QUOTED} do this?</h1>" in look
        done = await browser.post(path, data={**less, "said": "sure"})
        assert done.status_code == 303, done.text
    sql = "select words from notice where kind = 'mandate.granted' and to_id = $1"
    async with site.hand.database.transaction() as tx:
        words = await tx.fetchval(sql, str(owner))
    assert words.startswith(f"{QUOTED} may act for you.\n")
    page = unescape(await get(site, await site.own("said-2")))
    assert f"<h3><b>{QUOTED}</b>" in page
    (there,) = re.findall(r'href="(/owner/[^"]+/acting/[^"]+)"', page)
    assert f"Stop {QUOTED}</button>" in unescape(await get(site, there))


async def test_a_paired_application_is_asked_about_in_quotation_marks(site: Site) -> None:
    await site.car("said-3", terms=None)
    owner, shown = await owner_of(site, "said-3"), await a_code(site, client=APP)
    async with site.hand.database.transaction() as tx:
        waiting = await access.pending(tx, shown.user_code)
        assert waiting
        await access.confirm(tx, site.hand.flow, waiting.id, owner, waiting.asks)
        machine = await parties.get_machine(tx, access.machine_of(APP, owner))
        car = await parties.get_machine(tx, "said-3")
    assert machine
    assert parties.called(machine) == QUOTED
    assert car
    assert parties.called(car) == "car"


def test_what_a_mandate_names_and_nobody_here_does_is_quoted() -> None:
    asked = Terms(
        ("vehicle.*",),
        remedies=("book", "all_is.paid_by.us"),
        always_ask=("book", "vehicle.repair", "nothing_it_is.safe"),
        providers=("North", "Anybody. It is safe"),
    )
    said = dict(facts(plain(asked, Catalog(vehicle.SERVICES), ()), "UTC", clock.now()))
    assert said["Only by"] == ('booking an appointment and "all_is.paid_by.us"',)
    assert said["Only with"] == ("North", '"Anybody. It is safe"')
    assert said["Asks before"] == (
        'booking an appointment, vehicle repair and "nothing_it_is.safe"',
    )
    assert dict(facts(plain(replace(ASKS, providers=()), Catalog(()), ()), "UTC", clock.now()))[
        "Only with"
    ] == ("nobody",)
