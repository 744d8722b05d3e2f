"""What staff know of an owner, change, and make the desk forget."""

import html
import re
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

import pytest
from tests import whose
from tests.web.people import logged_in
from tests.web.site import GENEROUS, MISFIRE, Site

from thingdesk import (
    cases,
    decisions,
    erasure,
    fulfilment,
    journeys,
    mandates,
    notices,
    parties,
    timeline,
)
from thingdesk.cases import Case, CaseFilter, Outcome
from thingdesk.decisions import Option, Question
from thingdesk.fulfilment import Command, JobOffer, effects
from thingdesk.notices import Notice, Recipient
from thingdesk.parties import NewOwner, Position, Role
from thingdesk.platform import clock, ids
from thingdesk.platform.errors import Refused

PLACE = Position(48.77123, 9.18)
TABLES = "select table_name from information_schema.tables where table_schema = 'public'"


def text(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


async def where(site: Site, words: str) -> set[str]:
    """The tables that have these words anywhere."""
    async with site.hand.database.transaction() as tx:
        names = [row["table_name"] for row in await tx.fetch(TABLES)]
        return {
            name
            for name in names
            if await tx.fetchval(
                f"select exists (select from {name} t where position($1 in t::text) > 0)",
                words,
            )
        }


async def breaks(site: Site) -> list[timeline.Break]:
    async with site.hand.database.transaction() as tx:
        found = await timeline.verify_next(tx, most=100_000)
    return list(found.breaks)


async def owner_of(site: Site, machine: str) -> UUID:
    async with site.hand.database.transaction() as tx:
        owner = await whose.owner_of(tx, machine)
    assert owner
    return owner.id


async def cases_of(site: Site, owner: UUID) -> list[Case]:
    async with site.hand.database.transaction() as tx:
        return await cases.search(tx, CaseFilter(owner_id=owner))


async def with_a_past(site: Site, name: str) -> UUID:
    """An owner with a mandate, a case that ended, one in which a centre works, and one question."""
    case_id, _ = await site.asked(name)
    await site.hand.answer(case_id, "slot0")
    await site.hand.finish(await site.hand.accept(case_id), f"Fitted, at {name} Road 5.")
    await site.hand.opened(name, "vehicle.repair", {"code": "P0302"})
    await site.hand.opened(name, "test.odd", {"noise": f"{name} Road rattle"})
    owner = await owner_of(site, name)
    async with site.hand.database.transaction() as tx:
        told = Notice(Recipient.owner(owner), "case.told", f"See {name} Road.", case_id)
        notices.tell(tx, told)
        await parties.change_owner(
            tx, owner, NewOwner(f"{name}@mond.example", f"Luna {name} Road", "Europe/Berlin")
        )
    return owner


async def in_every_place(site: Site, name: str) -> None:
    """What is personal stands in all that can be said of a question, a job and a command."""
    marked, far = f"{name} Road", clock.now() + timedelta(hours=1)
    said = {"description": f"It hums.\nAt <b>{marked}</b>.", "note": [{"text": "Ring."}]}
    odd = await site.hand.opened(name, "test.odd", {"noise": f"{marked} hum"}, said)
    async with logged_in(site) as browser:
        page = (await browser.get(f"/cases/{odd}")).text
        assert f"It hums.\nAt &lt;b&gt;{marked}&lt;/b&gt;." in page
        assert "Ring." in page
    async with site.hand.database.transaction() as tx:
        ((run, *_),) = await journeys.of_case(tx, odd)
        provider = (await parties.find_providers(tx))[0].id
        proposal = decisions.Proposal(words=marked, why=f"See {marked}.")
        options = (Option("a", marked), Option("b", "no", {"at": marked}))
        asked = Question(
            ids.new(), odd, run, "more", decisions.To.STAFF, None, marked, options, far, None,
            proposal=proposal,
        )  # fmt: skip
        await decisions.ask(tx, asked)
        job = JobOffer(
            ids.new(), run, odd, name, provider, "tow", marked, far, PLACE, details={"at": marked}
        )
        await effects.offer_job(tx, job)
        only = {"at": {"equals": marked}}
        sent = Command(ids.new(), run, odd, name, "unlock", far, {"at": marked}, only)
        await effects.send_command(tx, sent)
    async with site.hand.database.transaction() as tx:
        await fulfilment.decline(tx, job.effect_id, provider, f"Not to {marked}.")
        assert await fulfilment.waiting_commands(tx, name), "it is put out now"
        await effects.recall_command(tx, sent.effect_id, f"No more at {marked}.")


async def test_an_owner_is_found_registered_and_changed(site: Site) -> None:
    form = {"email": "Zoe@Example.org", "name": "Zoe Zett", "zone": "Asia/Tokyo"}
    async with logged_in(site) as browser:
        done = await browser.post("/owners", data=form)
        path = done.headers["location"].partition("?")[0]
        assert done.status_code == 303
        twice = await browser.post("/owners", data=form)
        assert twice.status_code == 422
        assert "Is known: find this owner by it." in text(twice.text)
        assert f'href="{path}"' in (await browser.get("/owners?words=ZETT")).text
        assert "No owner fits" in (await browser.get("/owners?words=nobody-like-this")).text
        for wrong, words in (
            ({"email": "zoe"}, "Is no e-mail address"),
            ({"name": ""}, "Is missing"),
            ({"zone": "Moon/Base"}, "Is no time zone"),
        ):
            answer = await browser.post(path, data=form | wrong)
            assert answer.status_code == 422, wrong
            assert words in text(answer.text), wrong
        changed = await browser.post(path, data=form | {"name": "Zoe Alpha"})
        assert changed.headers["location"] == f"{path}?said=changed"
        page = text((await browser.get(path)).text)
        assert "Zoe Alpha zoe@example.org · Asia/Tokyo" in page
        assert "What is known of Zoe Alpha was changed (name), by Agent" in page
        assert "Zoe Alpha was registered as an owner, by Agent" in page
        assert (await browser.get(f"/owners/{ids.new()}")).status_code == 404
        joined = "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627"
        await browser.post(path, data=form | {"name": f" {joined}\u200b\u00a0Z "})
        assert f"{joined} Z zoe@example.org" in text((await browser.get(path)).text)


async def test_owners_are_listed_by_name_with_their_machines(site: Site) -> None:
    for n in range(45):
        await site.car(f"car-listed-{n}")
    for n in range(5):
        await site.hand.machine(f"car-many-{n}", "car", owner="owner-car-many")
    await site.hand.machine("car-sold", "car", owner="owner-car-former")
    async with site.hand.database.transaction() as tx:
        await parties.transfer(tx, "car-sold", None, clock.now())
    path, names = "/owners", []
    async with logged_in(site) as browser:
        while path:
            page = (await browser.get(path)).text
            names += re.findall(r'href="/owners/[\w-]{36}"><b>([^<]+)</b>', page)
            further = re.search(r'href="(/owners\?[^"]*after[^"]*)" rel="next"', page)
            path = html.unescape(further[1]) if further else ""
        many = text((await browser.get("/owners?words=car-many")).text)
        former = text((await browser.get("/owners?words=car-former")).text)
        assert (await browser.get("/owners?after=nonsense")).status_code == 200
    assert names == sorted(names, key=str.lower)
    assert len(names) == len(set(names))
    assert {f"owner-car-listed-{n}" for n in range(45)} <= set(names)
    assert "car-many-0, car-many-1, car-many-2 and more" in many
    assert "no machine now" in former


async def test_the_page_says_what_staff_may_know(site: Site) -> None:
    owner = await with_a_past(site, "car-known")
    async with logged_in(site) as browser:
        machine = (await browser.get("/machines/car-known")).text
        assert f'href="/owners/{owner}"' in machine
        (first, *_) = await cases_of(site, owner)
        case = (await browser.get(f"/cases/{first.id}")).text
        assert f'href="/owners/{owner}"' in case
        page = (await browser.get(f"/owners/{owner}")).text
    for words in (
        "car-known never seen car",
        "When may Centre Near see to car-known?",
        "holds version 1",
        "Repair a fault",
        "up to 500.00 EUR a case and 2000.00 EUR a month, unasked",
        "Machines all, also later ones",
        "Spent unasked this month:",
        "Only the owner grants a mandate, or takes it back.",
    ):
        assert words in text(page), words
    assert "Erase what is personal" not in page, "that is for others"
    assert not re.search(r"<form[^>]*mandate", page)
    async with site.hand.database.transaction() as tx:
        await mandates.revoke(tx, owner, "no more")
    async with logged_in(site) as browser:
        assert "stopped version 1" in text((await browser.get(f"/owners/{owner}")).text)


async def tries_to_enter(site: Site, email: str) -> None:
    """At the owners' log-in, and by mistake at that of staff."""
    async with site.browser() as browser:
        assert (await browser.post("/enter", data={"email": email})).status_code == 200
        both = {"email": email, "password": "a password of mine"}
        assert (await browser.post("/log-in", data=both)).status_code == 422


async def test_an_owner_is_forgotten_everywhere_and_the_chains_hold(site: Site) -> None:
    owner = await with_a_past(site, "car-gone")
    await in_every_place(site, "car-gone")
    assert await where(site, str(PLACE.lat)) == {"job"}
    assert await where(site, "car-gone Road") >= {
        "owner", "job", "timeline_value", "durable_run", "durable_message", "decision",
        "command", "notice", "desk_case", "problem", "case_said",
    }  # fmt: skip
    await tries_to_enter(site, "car-gone@mond.example")
    counted = sha256(b"car-gone@mond.example").hexdigest()
    assert await where(site, counted) == {"staff_attempt"}
    assert await where(site, "car-gone@mond.example") == {"owner"}
    path = f"/owners/{owner}/erase"
    async with logged_in(site, "lea", Role.LEADER) as browser:
        page = (await browser.get(f"/owners/{owner}")).text
        assert "1 machine becomes nobody's, and 4 open cases are withdrawn" in text(page)
        unsure = await browser.post(path, data={"address": "yes"})
        assert unsure.status_code == 422
        assert "type car-gone@mond.example" in text(unsure.text)
        assert await where(site, "car-gone Road")
        done = await browser.post(path, data={"address": "car-gone@mond.example"})
        assert done.headers["location"] == f"/owners/{owner}?said=erased"
        await site.hand.work()
        page = text((await browser.get(f"/owners/{owner}")).text)
        assert "Who this was is not known any more." in page
        assert "What was personal of the owner was erased, by Lea" in page
        assert "Erase what is personal" not in page
        assert "stopped version 1" in page
        for case in await cases_of(site, owner):
            assert (case.outcome, case.input) == (Outcome.WITHDRAWN, {})
            assert "(erased)" in text((await browser.get(f"/cases/{case.id}")).text)
        assert "Nobody's" in text((await browser.get("/machines/car-gone")).text)
    assert await where(site, "car-gone Road") == set()
    assert await where(site, "car-gone@mond.example") == set()
    assert await where(site, counted) == set()
    assert await where(site, str(PLACE.lat)) == set()
    assert await breaks(site) == []


async def test_what_others_said_stays(site: Site) -> None:
    other = await with_a_past(site, "car-stays")
    gone = await with_a_past(site, "car-goes")
    async with site.hand.database.transaction() as tx:
        before = await timeline.read(tx, f"owner:{other}")
    await erasure.erase_owner(site.hand.database, site.hand.flow, gone, ids.new())
    await erasure.erase_owner(site.hand.database, site.hand.flow, gone, ids.new())
    async with site.hand.database.transaction() as tx:
        assert await timeline.read(tx, f"owner:{other}") == before
        assert (await mandates.mandate_of(tx, other) or pytest.fail("gone")).terms == GENEROUS
        told = await timeline.read(tx, f"owner:{gone}")
    assert [one.kind for one in told].count("owner.erased") == 1
    assert [one.input for one in await cases_of(site, other)] == [
        {"noise": "car-stays Road rattle", "loud": None}, {"code": "P0302"}, MISFIRE
    ]  # fmt: skip
    with pytest.raises(Refused, match="owner_unknown"):
        await erasure.erase_owner(site.hand.database, site.hand.flow, ids.new(), ids.new())


async def test_an_agent_cannot_erase(site: Site) -> None:
    await site.asked("car-safe")
    owner = await owner_of(site, "car-safe")
    async with logged_in(site) as browser:
        form = {"address": "owner-car-safe@example.org"}
        answer = await browser.post(f"/owners/{owner}/erase", data=form)
    assert answer.status_code == 403
    assert "Only an admin or a leader may erase" in text(answer.text)
    assert (await site.hand.case_of("car-safe")).input == MISFIRE
