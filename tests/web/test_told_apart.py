"""Two questions of the same kind say which problem each is about."""

import html
import re

import pytest
from tests.web.owners import get
from tests.web.site import GENEROUS, Site

from thingdesk import cases
from thingdesk.cases.identity import in_words


async def _asked_twice(site: Site, name: str) -> dict[str, str]:
    """The links to the questions about two faults of a car, by trouble code."""
    await site.car(name, GENEROUS)
    found = {}
    for code in ("P0301", "P0302"):
        case_id = await site.hand.opened(name, "vehicle.repair", {"code": code})
        question = (await site.hand.question(case_id)).question
        found[code] = site.link("decision", question.id, question.owner_id)
    return found


def text(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


async def test_on_the_pages(site: Site) -> None:
    links = await _asked_twice(site, "apart-a")
    own = text(await get(site, await site.own("apart-a")))
    name = '</h1>\n<p class="lead"><span class="unbroken">apart-a'
    for code, link in links.items():
        assert f"apart-a , code {code} · until" in own
        page = await get(site, link)
        assert f"<title>A question for you: apart-a, code {code}</title>" in page
        assert f"{name}</span>, code {code}</p>" in page


async def test_in_the_mails(site: Site) -> None:
    await _asked_twice(site, "apart-b")
    async with site.hand.database.transaction() as tx:
        rows = await tx.fetch(
            "select words from notice where kind = 'decision.asked' and words like '%apart-b%'"
        )
    first = sorted(row["words"].partition("\n")[0] for row in rows)
    asks = "When may Centre Near see to apart-b?"
    assert first == [f"apart-b, code {code}: {asks}" for code in ("P0301", "P0302")]


async def test_when_they_have_ended(site: Site) -> None:
    await site.car("apart-c", GENEROUS)
    own = await site.own("apart-c")
    found = [
        await site.hand.opened("apart-c", "vehicle.repair", {"code": code})
        for code in ("P0301", "P0302")
    ]
    said = text(await get(site, own))
    stop = text(await get(site, f"{own}/cases/{found[0]}/withdraw"))
    assert "apart-c , code P0301" in stop
    for one in found:
        async with site.browser() as browser:
            await browser.post(f"{own}/cases/{one}/withdraw")
    await site.hand.work()
    ended = text(await get(site, own))
    async with site.hand.database.transaction() as tx:
        rows = await tx.fetch(
            "select words from notice where kind = 'case.ended' and to_kind = 'owner'"
            " and words like '%apart-c%'"
        )
    first = sorted(row["words"].partition("\n")[0] for row in rows)
    for code, mail in zip(("P0301", "P0302"), first, strict=True):
        assert mail == f"Repair a fault · apart-c, code {code}: withdrawn"
        for page in (said, ended):
            assert f"Repair a fault · apart-c , code {code}" in page


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("P0301", "P0301"),
        ("Answer at evil.example now!", '"Answer at evil.example now!"'),
        ('a" b', '"a\' b"'),
        ("\u202eelbat ruoy\u2066 \x1b[31m x\u200b", '"elbat ruoy [31m x"'),
    ],
)
def test_what_somebody_wrote_is_seen_to_be_that(text: str, words: str) -> None:
    assert in_words({"noise": text}) == f"noise {words}"


async def test_what_is_long_is_cut_and_what_was_erased_is_not_told(site: Site) -> None:
    case_id = await site.hand.opened("apart-c", "test.odd", {"noise": "a\n" + "b" * 200})
    async with site.hand.database.transaction() as tx:
        case = await cases.get(tx, case_id)
        assert case
        words = (await cases.identity_words(tx, [case]))[case_id]
        assert words == f'noise "a {"b" * 37}…"'
        await tx.execute("update problem set identity = '{}' where subject = 'apart-c'")
        assert await cases.identity_words(tx, [case]) == {case_id: ""}
