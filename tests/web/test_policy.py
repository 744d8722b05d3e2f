"""What the organisation allows: read by all, changed by some, and each change remembered."""

import html
import re

import pytest
from tests.web.people import logged_in
from tests.web.site import Site

from thingdesk import decisions, mandates, timeline
from thingdesk.mandates import Policy
from thingdesk.parties import Role
from thingdesk.platform.money import Money
from thingdesk.web.words import policy_words

FULL = Policy(
    denied=("dispatch",),
    per_effect=Money(100000, "EUR"),
    entitled_only=("book", "vehicle.*"),
    pays=("equipment.inspect",),
    pays_safety=False,
    pays_per_case=Money(25000, "EUR"),
    acts_for_unowned=True,
)
FORM = {
    "denied": "dispatch", "per_effect": "1000", "per_effect_currency": "EUR",
    "entitled_only": "book, vehicle.*", "pays": "equipment.inspect", "pays_per_case": "250.00",
    "pays_per_case_currency": "EUR", "acts_for_unowned": "yes",
}  # fmt: skip


def text(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


async def seen(site: Site) -> str:
    async with site.hand.database.transaction() as tx:
        versions = await mandates.policies(tx)
    return str(versions[0].version if versions else 0)


async def policy(site: Site) -> Policy:
    async with site.hand.database.transaction() as tx:
        return await mandates.policy(tx)


async def test_a_leader_changes_all_of_it_and_the_page_says_so(site: Site) -> None:
    before = await seen(site)
    async with logged_in(site, "lea", Role.LEADER) as browser:
        page = (await browser.get("/policy")).text
        assert f'name="seen" value="{before}"' in page
        done = await browser.post("/policy", data=FORM | {"seen": before})
        assert done.headers["location"] == "/policy?said=changed"
        page = text((await browser.get("/policy?said=changed")).text)
        same = await browser.post("/policy", data=FORM | {"seen": before})
        assert same.headers["location"] == "/policy?said=same"
        stale = await browser.post("/policy", data=FORM | {"seen": before, "denied": ""})
        assert stale.status_code == 422
        assert "Somebody else has changed the policy meanwhile." in text(stale.text)
    assert await policy(site) == FULL
    assert await seen(site) == str(int(before) + 1)
    for words in (
        "Never, whoever approves: dispatch.",
        "No effect may cost more than 1000.00 EUR.",
        "Only machines with an entitlement get book, vehicle.*.",
        "Without an entitlement the organisation pays equipment.inspect, up to 250.00 EUR a case.",
        "What is for safety is done at once only where an entitlement pays it.",
        "A machine without an owner is the organisation's own, and the organisation pays.",
        f"Version {int(before) + 1} holds",
        ", by Lea",
    ):
        assert words in page, words


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"denied": "dispatch <b>"}, "names or patterns"),
        ({"denied": "vehicel.repair"}, "nothing is called vehicel.repair"),
        ({"per_effect": "-5"}, "Is no amount of money"),
        ({"pays_per_case": "1e9"}, "Is no amount of money"),
        ({"entitled_only": " ".join(f"a{n}" for n in range(60))}, "50 at most"),
        ({"seen": "-1"}, "Something is not right yet."),
        ({"seen": "9" * 30}, "Something is not right yet."),
    ],
)
async def test_what_cannot_be_a_policy_changes_nothing(
    site: Site, wrong: dict[str, str], words: str
) -> None:
    before = await policy(site)
    async with logged_in(site, "lea", Role.LEADER) as browser:
        answer = await browser.post("/policy", data=FORM | {"seen": await seen(site)} | wrong)
    assert answer.status_code == 422
    assert words in text(answer.text)
    assert await policy(site) == before


async def test_an_agent_reads_the_policy_and_cannot_change_it(site: Site) -> None:
    before = await policy(site)
    async with logged_in(site) as browser:
        page = (await browser.get("/policy")).text
        assert "What holds now" in page
        assert "A leader or an admin may change it." in page
        assert 'method="post" class' not in page
        answer = await browser.post("/policy", data={"seen": await seen(site)})
    assert answer.status_code == 403
    assert "Only an admin or a leader may change the policy." in text(answer.text)
    assert await policy(site) == before


def test_the_words_of_the_policy_that_holds_without_one() -> None:
    assert policy_words(Policy()) == [
        "Nothing is forbidden.",
        "An effect may cost whatever entitlements and mandates permit.",
        "Nothing needs an entitlement.",
        "Without an entitlement the organisation pays nothing of its own accord.",
        "What is for safety is done at once: the organisation pays it where nobody else does.",
        "For a machine without an owner nothing is done, but what is for safety.",
    ]


async def attention(site: Site) -> int:
    async with site.hand.database.transaction() as tx:
        return await decisions.attention(tx)


async def test_a_leader_sets_how_often_owners_are_asked(site: Site) -> None:
    async with logged_in(site, "lea", Role.LEADER) as browser:
        page = (await browser.get("/policy")).text
        assert "After 3 questions in a week an owner is spared" in text(page)
        assert 'action="/policy/attention"' in page
        done = await browser.post("/policy/attention", data={"questions": " 1 "})
        assert done.headers["location"] == "/policy?said=attention"
        page = text((await browser.get("/policy?said=attention")).text)
        assert "After 1 question in a week an owner is spared" in page
        assert "Owners are spared questions after 1 question in a week, by Lea" in page
        same = await browser.post("/policy/attention", data={"questions": "1"})
        assert same.headers["location"] == "/policy?said=same"
    assert await attention(site) == 1
    async with site.hand.database.transaction() as tx:
        entries = await timeline.latest_of(tx, "desk", 10, {"attention.set"})
    assert [one.value["questions"] for one in entries if one.value] == [1], (
        "what is the same is not set anew"
    )


@pytest.mark.parametrize("wrong", ["", "-1", "1.5", "51", "many", "\u0663", "9" * 40])
async def test_what_cannot_be_a_number_of_questions_changes_nothing(site: Site, wrong: str) -> None:
    before = await attention(site)
    async with logged_in(site, "lea", Role.LEADER) as browser:
        answer = await browser.post("/policy/attention", data={"questions": wrong})
    assert answer.status_code == 422
    assert "a whole number from 0 to 50" in text(answer.text)
    assert await attention(site) == before


async def test_an_agent_cannot_set_how_often_owners_are_asked(site: Site) -> None:
    before = await attention(site)
    async with logged_in(site) as browser:
        assert 'action="/policy/attention"' not in (await browser.get("/policy")).text
        answer = await browser.post("/policy/attention", data={"questions": "20"})
    assert answer.status_code == 403
    assert "Only an admin or a leader may change the policy." in text(answer.text)
    assert await attention(site) == before
