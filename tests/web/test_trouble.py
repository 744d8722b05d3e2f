"""The page of a case whose journey's code fails."""

import html
import re
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from starlette.routing import Router
from tests.web.people import logged_in
from tests.web.seeding import EVIL
from tests.web.site import Noise, Site, open_site

from thingdesk import web
from thingdesk.catalog import Catalog
from thingdesk.flow import Flow
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database
from thingdesk.sdk import Journey, Outcome, Promise, choose, hours, service

broken = [True]


@service("test.fails", title="Fail", promise=Promise(), identity=("noise",))
async def fails(journey: Journey, given: Noise) -> Outcome:
    await journey.ask_staff(choose("Go on?", yes="Yes"), within=hours(1), default="yes")
    if broken[0]:
        raise LookupError(f"no {given.noise}{EVIL} at amqp://desk:secret@queue.example")
    return Outcome(words="Found.")


@pytest.fixture(scope="module")
async def site(database: Database) -> Site:
    return await open_site(database, fails)


def now(page: str) -> str:
    """What the case waits for, as a reader sees it."""
    (part,) = re.findall(r'<section class="panel now".*?</section>', page, re.DOTALL)
    return read(part)


def read(part: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", part)).split())


def part(page: str, name: str) -> str:
    """A part of the wall."""
    found: list[str] = re.findall(rf'<div sse-swap="{name}">.*?</section>', page, re.DOTALL)
    return found[0]


async def failed(site: Site, name: str, turnable: clock.Turnable) -> UUID:
    await site.hand.machine(name, "car")
    case_id = await site.hand.opened(name, "test.fails", {"noise": "rattle"})
    turnable.turn(timedelta(hours=2))
    broken[0] = True
    await site.hand.tick()
    return case_id


async def test_the_page_says_what_failed_and_when_it_is_tried_again(
    site: Site, turnable: clock.Turnable
) -> None:
    case_id = await failed(site, "car-fails", turnable)
    async with logged_in(site) as browser:
        page = (await browser.get(f"/cases/{case_id}")).text
        said = now(page)
        assert "The journey test.fails, version 1 failed once." in said
        problem = (
            f"LookupError: no rattle{EVIL} at amqp://***@queue.example (tests/web/test_trouble"
        )
        assert problem in said
        assert EVIL not in page
        assert "It is tried again" in said
        assert "to answer" not in said, "the question was settled"
        assert "The journey failed: LookupError" in page


async def test_staff_try_a_stuck_journey_again(site: Site, turnable: clock.Turnable) -> None:
    case_id = await failed(site, "car-stuck", turnable)
    for _ in range(8):
        turnable.turn(timedelta(hours=1))
        await site.hand.work()
    async with logged_in(site) as browser:
        said = now((await browser.get(f"/cases/{case_id}")).text)
        assert "The journey test.fails, version 1 is stuck." in said
        assert "to answer" not in said
        assert "its journey is at work" not in said
        broken[0] = False
        answer = await browser.post(f"/cases/{case_id}/retry")
        assert answer.headers["location"] == f"/cases/{case_id}?said=retried"
        assert "is tried again" in (await browser.get(answer.headers["location"])).text
        await site.hand.work()
        page = (await browser.get(f"/cases/{case_id}")).text
        assert "Agent had the journey tried again" in page
        assert "The journey goes on" in page
        assert "Found." in page
        again = await browser.post(f"/cases/{case_id}/retry")
        assert again.status_code == 409
        assert "there is nothing to try again" in again.text
        assert (await browser.post(f"/cases/{ids.new()}/retry")).status_code == 404


async def test_the_wall_leads_to_what_fails_is_stuck_or_broken(
    site: Site, turnable: clock.Turnable
) -> None:
    case_id = await failed(site, "car-wall", turnable)
    async with logged_in(site) as browser:
        wall = (await browser.get("/")).text
        asked = part(wall, "asked")
        assert f'href="/cases/{case_id}"' in asked
        assert "car-wall: Fail fails" in read(asked)
        assert "version 1 failed once. It is tried again" in read(asked)
    for _ in range(8):
        turnable.turn(timedelta(hours=1))
        await site.hand.work()
    turnable.turn(timedelta(days=6))
    await site.hand.tick()
    async with logged_in(site) as browser:
        wall = (await browser.get("/")).text
        assert "car-wall: Fail stuck" in read(part(wall, "asked"))
        promises = part(wall, "risks")
        assert f'href="/cases/{case_id}"' in promises
        assert "Resolution, car-wall broken" in read(promises)
        await browser.post(f"/cases/{case_id}/withdraw", data={"reason": "a test"})
        wall = (await browser.get("/")).text
        assert "car-wall" not in read(part(wall, "asked") + part(wall, "risks"))


async def test_a_journey_without_code_says_which_pack_is_missing(
    site: Site, turnable: clock.Turnable
) -> None:
    case_id = await failed(site, "car-without", turnable)
    app = Router()
    web.install(app, replace(site.pages, flow=Flow(Catalog(()), ())))
    async with logged_in(replace(site, app=app)) as browser:
        said = now((await browser.get(f"/cases/{case_id}")).text)
    assert "waits for its code: load the pack that has test.fails, version 1." in said
