"""Text that instructs, and text that would be more than text, in every place of every surface."""

import re
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from tests.contracts import telling, telling_agents, telling_events
from tests.contracts.hostile import MARK
from tests.contracts.looking import crawl, mcp, owner_page, staff, told_of
from tests.contracts.shown import Page, log, marked, unquoted
from tests.contracts.telling import Tell
from tests.contracts.world import Told, World, as_json, opened, settled
from tests.saying import Caller

from thingdesk.platform.database import Database

pytestmark = pytest.mark.timeout(300)
TICKETS = "/tmf-api/troubleTicket/v5"
SURFACES: dict[str, Tell] = {
    "http": telling.described("/v1"),
    "tmf621": telling.described(TICKETS),
    "mqtt": telling_events.mqtt,
    "mcp": telling_agents.tools,
    "a2a": telling_agents.messages,
    "platforms": telling_events.platforms,
    "letters": telling_events.letters,
}
NAMED = {"http": "/v1", "tmf621": TICKETS}
DATA = frozenset(("input", "data", "structuredContent"))
"""Where models have what a machine said: all else is what the desk says."""
TICKET = frozenset(
    (
        "name",
        "description",
        "note",
        "externalIdentifier",
        "severity",
        "priority",
        "troubleTicketCharacteristic",
    )
)
"""The same of a ticket: what its caller wrote into it."""
CARDS = (
    "/v1/catalog",
    "/v1/openapi.json",
    "/v1/asyncapi.json",
    "/.well-known/agent-card.json",
    "/.well-known/machine-support.json",
    "/.well-known/wot",
    "/.well-known/oauth-authorization-server",
    "/tmf-api/troubleTicket/v5/openapi.json",
)
STAFF = ("/", "/cases", "/machines", "/owners", "/waiting", "/undelivered", "/providers")
BAD = ("order", "short order", "short markup", "unseen")
Shown = tuple[str, str, str]
SHOWN: dict[str, set[Shown]] = {
    "staff": {
        *(("/v1", name, kind) for name in ("about", "words") for kind in BAD),
        *((TICKETS, "description", kind) for kind in BAD),
        *(("letters", name, kind) for name in ("Subject", "body") for kind in BAD),
    },
    "holds": {("/v1", "about", kind) for kind in BAD},
    "owners": {
        *(("/v1", name, kind) for name in ("about", "words") for kind in BAD),
    },
}
"""What has to be found on their pages: text that is not shown proves nothing of them."""
NOTHING = {
    "answers of owners and staff": "select count(*) from decision where state = 'answered'",
    "tokens": "select count(*) from access_grant",
    "money": "select count(*) from spending",
}
"""What nobody has done in this world, and text cannot do."""


@pytest.fixture(scope="module")
async def world(
    tmp_path_factory: pytest.TempPathFactory, database: Database, database_url: str
) -> AsyncIterator[World]:
    async with opened(tmp_path_factory.mktemp("desk"), database, database_url) as one:
        yield one
        assert "Traceback" not in one.desk.log(), one.desk.log()


@pytest.mark.parametrize("surface", SURFACES)
async def test_it_is_refused_with_a_way_on_or_taken_as_data(world: World, surface: str) -> None:
    before = len(world.told)
    await SURFACES[surface](world)
    told = world.told[before:]
    assert len({one.place for one in told}) > 3, told
    assert [wrong for one in told if (wrong := unfit(one))] == []


def unfit(one: Told) -> str:
    """What is wrong with an answer; empty where nothing is."""
    about = f"{one.surface} {one.place} {one.kind}: {one.status} {one.raw[:300]}"
    if one.status >= 500:
        return f"failed: {about}"
    if any("zq" in name.lower() for name in one.headers):
        return f"a header of its own: {about}"
    if one.status >= 400 and not says_why(one.said):
        return f"no way on: {about}"
    if one.surface == "mcp" and (said := [*spoken(one.said)]):
        return f"said by the desk: {said} {about}"
    return ""


def spoken(said: object) -> Iterator[str]:
    """Where it is in an answer to a model, but as data."""
    for path, text in marked(said):
        if not (DATA & set(path) or isinstance(as_json(text), dict)):
            yield ".".join(path)


def says_why(said: object) -> bool:
    """Whether a refusal is in it, with a code and a recovery; TMF621 has that as a message, and
    what A2A itself refuses has a reason.
    """
    if isinstance(said, dict):
        if str(said.get("@type")).endswith("ErrorInfo") and said.get("reason"):
            return True
        if isinstance(said.get("code"), str) and (said.get("recovery") or said.get("message")):
            return True
        said = list(said.values())
    return isinstance(said, list) and any(says_why(one) for one in said)


async def everything(world: World) -> None:
    """Nothing is shown that was not told before: what is left of it is told now."""
    told = {one.surface for one in world.told}
    for surface, tell in SURFACES.items():
        if not told & {surface, NAMED.get(surface, "")}:
            await tell(world)
    await settled(world)


async def test_nothing_was_decided_by_it(world: World) -> None:
    await everything(world)
    async with world.database.transaction() as tx:
        counted = {name: await tx.fetchval(sql) for name, sql in NOTHING.items()}
    assert counted == dict.fromkeys(NOTHING, 0)


async def test_staff_and_owners_see_text(world: World) -> None:
    """On pages of lists, and of those whose text was taken; it is there, and no more than text."""
    await everything(world)
    heard = sample(world)
    async with staff(world) as browser:
        pages = await crawl(browser, *STAFF)
        pages |= await crawl(browser, "/waiting", onward="/waiting/", most=60)
        machines = [f"/machines/{car.id}" for car in heard]
        pages |= await crawl(browser, *machines, onward="/cases/")
        held = await holds(world, browser, {car.id for car in heard})
    owners = dict[str, Page]()
    for car in heard:
        owners |= await crawl(
            world.http, start := await owner_page(world, car), onward=start, most=4
        )
    assert {path: one.wrong for path, one in (pages | owners | held).items() if one.wrong} == {}
    assert SHOWN["holds"] - planted(world, held) == set()
    assert SHOWN["staff"] - planted(world, pages) == set()
    assert SHOWN["owners"] - planted(world, owners) == set()


async def holds(world: World, browser: httpx.AsyncClient, machines: set[str]) -> dict[str, Page]:
    """The pages of those of them who wait for a person: before staff take one, and after."""
    async with world.database.transaction() as tx:
        rows = await tx.fetch("select id, machine from hold order by id")
    paths = [f"/waiting/{one['id']}" for one in rows if one["machine"] in machines]
    before = await crawl(browser, *paths, onward="none")
    assert (await browser.post(f"{paths[-1]}/take")).status_code == 303
    after = await crawl(browser, "/waiting", onward="/waiting/")
    assert paths[-1] in after
    return before | {f"{path} taken": one for path, one in after.items()}


def planted(world: World, pages: dict[str, Page]) -> set[Shown]:
    """What of the hostile text is on these pages: told where, in which field, and of which kind."""
    marks = set[str]().union(*(one.marks for one in pages.values()))
    return {(one.surface, field(one.place), one.kind) for one in world.told if one.mark in marks}


def field(place: str) -> str:
    """The last name in a place."""
    names: list[str] = re.findall(r"[\w-]+", place)
    return names[-1]


async def test_lines_are_lines(world: World) -> None:
    await everything(world)
    assert log(world.desk.log()) == []


async def test_no_mail_says_it_as_the_desk(world: World) -> None:
    await everything(world)
    async with world.database.transaction() as tx:
        found = await tx.fetch("select kind, words from notice where to_kind <> 'machine'")
    assert {one["kind"] for one in found} >= {"job.offered", "decision.asked"}
    assert [(one["kind"], one["words"]) for one in found if unquoted(one["words"])] == []


async def test_who_asks_about_it_is_told_it_as_data(world: World) -> None:
    """In each list and page of cases, and whatever happened to them, on every surface."""
    await everything(world)
    seen = set[str]()
    tickets = {one.by for one in world.told if one.surface == TICKETS}
    for n, car in enumerate(sample(world)):
        if n % 3 and car.id not in tickets:
            continue
        for surface, told in await told_of(world, car):
            wrong = [
                (path, text)
                for path, text in marked(told)
                if not (DATA | (TICKET if surface == "tmf621" else set())) & set(path)
                and unquoted(text)
                and not isinstance(as_json(text), dict)
            ]
            assert wrong == [], (surface, wrong)
            seen |= {surface} if list(marked(told)) else set()
    assert seen >= {"mcp", "a2a", "http", "tmf621"}, seen


async def test_nothing_that_the_desk_says_of_itself_has_it(world: World) -> None:
    await everything(world)
    car = next(iter(world.callers.values()))
    for path in CARDS:
        answer = await world.http.get(path)
        assert answer.is_success, path
        assert not MARK.search(answer.text), path
    for method in ("server/discover", "tools/list", "resources/templates/list"):
        assert list(marked((await mcp(world, car, method)).json())) == [], method


def sample(world: World) -> list[Caller]:
    """Those whose text was taken where text is for people, and some of the others."""
    taken = [one for one in world.told if one.by and one.status < 300]
    read = {one.by for one in taken if any(f"'{name}'" in one.place for name in telling.READ)}
    some = {one.by for one in taken[::6]} | {one.by for one in taken if one.surface == "letters"}
    return [world.callers[one] for one in sorted(read | some)]
