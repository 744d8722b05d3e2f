"""Text that instructs, of clients that ask an owner to let them act."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import httpx
import pytest
from tests.contracts import telling_clients
from tests.contracts.hostile import MARK
from tests.contracts.looking import crawl, owner_page, staff
from tests.contracts.shown import Page, log, marked, unquoted
from tests.contracts.telling_clients import Clients
from tests.contracts.test_hostile_text import says_why
from tests.contracts.world import Told, World, opened, settled
from tests.saying import Caller
from tests.waiting import until
from tests.whose import owner_of

from thingdesk import parties
from thingdesk.platform.database import Database

pytestmark = pytest.mark.timeout(300)
Shown = tuple[str, str, str]
NAMED = {("document", "('client_name',)", kind) for kind in ("short order", "short markup")}
WITHIN = {("document", "('redirect_uris', 0)", f"{kind}, in a link") for kind in ("short markup",)}
WITH = {
    ("authorization_details", "('providers', 0)", kind) for kind in ("short order", "short markup")
}
"""What has to be found on their pages: text that is not shown proves nothing of them."""


@dataclass
class Asked:
    """What was told, and the owner who is asked."""

    world: World
    clients: Clients
    car: Caller
    owner: UUID


@pytest.fixture(scope="module")
async def asked(
    tmp_path_factory: pytest.TempPathFactory, database: Database, database_url: str
) -> AsyncIterator[Asked]:
    folder = tmp_path_factory.mktemp("desk")
    async with (
        opened(folder, database, database_url) as world,
        telling_clients.described() as clients,
    ):
        car = await world.car()
        async with database.transaction() as tx:
            owner = await owner_of(tx, car.id)
        assert owner
        await telling_clients.documents(world, clients)
        await telling_clients.parameters(world, clients)
        await telling_clients.details(world, clients)
        yield Asked(world, clients, car, owner.id)
        assert "Traceback" not in world.desk.log(), world.desk.log()


async def test_it_is_refused_with_a_way_on_or_waits_for_an_owner(asked: Asked) -> None:
    places = {(one.surface, one.place) for one in asked.world.told}
    assert {one for one, _ in places} >= {"document", "authorization_details", "/oauth/token"}
    assert [wrong for one in asked.world.told for wrong in unfit(one)] == []


def unfit(one: Told) -> Iterator[str]:
    """What is wrong with an answer."""
    about = f"{one.surface} {one.place} {one.kind}: {one.status} {one.raw[:300]}"
    if one.status >= 500:
        yield f"failed: {about}"
    if any("zq" in f"{name}: {value}".lower() for name, value in one.headers.items()):
        yield f"in a header: {about}"
    if one.status >= 400 and one.said is not None and not says_why(one.said):
        yield f"no way on: {about}"
    texts = [text for _, text in marked(one.said)] if one.said else [Page(one.raw).text]
    if said := [text for text in texts if unquoted(text)]:
        yield f"said by the desk: {said} {about}"
    if one.said is None:
        yield from (f"{wrong}: {about}" for wrong in Page(one.raw).wrong)


@asynccontextmanager
async def entered(asked: Asked) -> AsyncIterator[httpx.AsyncClient]:
    """The browser of the owner, who has logged in."""
    async with asked.world.database.transaction() as tx:
        key, known = await parties.desk_key(tx), await parties.get_owner(tx, asked.owner)
    assert known
    base = asked.world.desk.http

    async def sent() -> UUID | None:
        async with asked.world.database.transaction() as tx:
            sql = "select id from owner_code where owner_id = $1 order by id desc limit 1"
            code: UUID | None = await tx.fetchval(sql, asked.owner)
        return code

    async with httpx.AsyncClient(base_url=base, timeout=60, headers={"Origin": base}) as browser:
        email = {"email": known.email, "next": ""}
        assert (await browser.post("/enter", data=email)).is_success
        found = await until(sent)
        assert found
        code = parties.owner_code(key, found)
        answer = await browser.post("/enter/code", data={**email, "code": code})
        assert answer.status_code == httpx.codes.SEE_OTHER, answer.text
        yield browser


async def test_an_owner_reads_it_as_text_before_and_after_their_word(asked: Asked) -> None:
    """On the page that asks, with less of it chosen, and then on their own and staff's pages."""
    pages = dict[str, Page]()
    async with entered(asked) as browser:
        for path, told in asked.clients.asked.items():
            await _answered(browser, path, {}, told, pages)
        for code, told in asked.clients.codes.items():
            await _answered(browser, "/pair", {"user_code": code}, told, pages)
    assert {path: one.wrong for path, one in pages.items() if one.wrong} == {}
    assert (NAMED | WITHIN | WITH) - planted(asked, pages) == set()
    await settled(asked.world)
    after = await _after(asked)
    assert {path: one.wrong for path, one in after.items() if one.wrong} == {}
    assert (NAMED | WITH) - planted(asked, after) == set()
    async with asked.world.database.transaction() as tx:
        mails = await tx.fetch("select words from notice where kind = 'mandate.granted'")
    said = {told.mark for told in asked.world.told if told.place == "('client_name',)"}
    assert any(mark in one["words"] for one in mails for mark in said)
    assert [one["words"] for one in mails if unquoted(one["words"])] == []


async def _answered(
    browser: httpx.AsyncClient, path: str, code: dict[str, str], told: Told, pages: dict[str, Page]
) -> None:
    """Less of what is asked for is looked at; who is called something gets it, all else a no."""
    look = await (browser.post(path, data=code) if code else browser.get(path))
    less = {**code, "services": "person.ask", "machines": "*", "always": "book", "said": "yes"}
    for name, answer in (("", look), (" less", await browser.post(path, data=less))):
        assert answer.status_code < 500, answer.text
        assert not any("zq" in one.lower() for one in answer.headers)
        assert not MARK.search(answer.headers.get("content-security-policy", ""))
        pages[f"{path} {told.mark} {told.place}{name}"] = Page(answer.text)
    given = "client_name" in told.place or "providers" in told.place
    word = {**less, "said": "sure"} if given else {**code, "said": "no"}
    done = await browser.post(path, data=word)
    assert done.status_code in (303, 410, 422), done.text


async def _after(asked: Asked) -> dict[str, Page]:
    world = asked.world
    home = await owner_page(world, asked.car)
    found = await crawl(world.http, home, onward=home, most=60)
    async with staff(world) as browser:
        found |= await crawl(browser, f"/owners/{asked.owner}", onward="/machines/agent-", most=40)
    return found


def planted(asked: Asked, pages: dict[str, Page]) -> set[Shown]:
    """What of it is on these pages: told where, in which place, and of which kind."""
    marks = set[str]().union(*(one.marks for one in pages.values()))
    told = asked.world.told
    return {(one.surface, one.place, one.kind) for one in told if one.mark in marks}


async def test_lines_are_lines(asked: Asked) -> None:
    assert log(asked.world.desk.log()) == []
