"""Pairing and allowing: who asks, in plain words, and the owner's word, which nobody else has."""

import re
from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

import httpx
import pytest
from tests.journeys.agents import an_agent, euros
from tests.web.allowing import ASKS, a_code, a_request
from tests.web.entering import entered
from tests.web.owners import owner_of
from tests.web.site import Site

from thingdesk import access, mandates
from thingdesk.access import Client
from thingdesk.mandates import Mandate, Terms
from thingdesk.platform import formats, ids
from thingdesk.web.csp import policy_for


async def given_by(site: Site, owner: UUID) -> list[Mandate]:
    async with site.hand.database.transaction() as tx:
        return await mandates.given_by(tx, owner)


async def an_owner(site: Site, name: str) -> UUID:
    await site.car(name)
    return await owner_of(site, name)


FORM = {
    "services": ["vehicle.repair", "vehicle.breakdown"],
    "machines": "*",
    "per_case": "500",
    "per_period": "2000",
    "above": "200",
    "cases": "5",
    "passes": "true",
    "said": "yes",
}


async def test_a_machine_is_paired_by_its_code(site: Site) -> None:
    owner = await an_owner(site, "pair-a")
    shown = await a_code(site)
    async with entered(site, owner) as browser:
        page = await browser.get(f"/pair?user_code={shown.user_code}")
        assert f'value="{shown.user_code}"' in page.text
        typed = shown.user_code.lower().replace("-", " ")
        page = await browser.post("/pair", data={"user_code": typed})
        assert page.status_code == 200
        assert f"<dt>Its code</dt><dd><b>{shown.user_code}</b>" in page.text, "as it is shown"
        for words in (
            "May &#34;Kitchen speaker&#34; act for you?",
            "<li>Help on the road</li><li>Repair a fault</li>",
            "up to 500.00 EUR for one case, and 2000.00 EUR in a calendar month",
            "whatever costs more than 200.00 EUR",
            "5 in a calendar month",
            "this or less of it to others, once",
        ):
            assert words in page.text, words
        assert await given_by(site, owner) == []
        answer = await browser.post("/pair", data={**FORM, "user_code": shown.user_code})
        assert answer.status_code == 303, answer.text
        home = await browser.get(answer.headers["location"])
        assert "It may act for you." in home.text
    (given,) = await given_by(site, owner)
    assert given.terms == ASKS
    assert given.to == (await an_owner_of_machine(site, given))


async def an_owner_of_machine(site: Site, given: Mandate) -> str:
    assert given.to
    assert await owner_of(site, given.to) == given.owner_id, "it is theirs from now on"
    return given.to


async def test_who_asks_writes_no_line_of_the_mail(site: Site) -> None:
    owner = await an_owner(site, "pair-line")
    agent = await an_agent(site.hand.database)
    client = Client(agent, "App\u2028It may do nothing else.", agent)
    shown = await a_code(site, client=client)
    async with entered(site, owner) as browser:
        answer = await browser.post("/pair", data={**FORM, "user_code": shown.user_code})
        assert answer.status_code == 303, answer.text
    sql = "select words from notice where kind = 'mandate.granted' and to_id = $1"
    async with site.hand.database.transaction() as tx:
        words = await tx.fetchval(sql, str(owner))
    lines = formats.seen(words).splitlines()
    assert '"App It may do nothing else." may act for you.' in lines


async def test_less_can_be_permitted_and_never_more(site: Site) -> None:
    owner = await an_owner(site, "pair-b")
    shown = await a_code(site)
    async with entered(site, owner) as browser:
        for more in (
            {"per_period": "2001"},
            {"above": "200.01"},
            {"cases": "6"},
            {"cases": "many"},
            {"per_case": "-1"},
            {"services": "vehicle.other"},
        ):
            form = {**FORM, **more, "user_code": shown.user_code}
            answer = await browser.post("/pair", data=form)
            assert answer.status_code == 422, more
            assert "Nothing was allowed yet." in answer.text
    assert await given_by(site, owner) == []


async def test_what_was_made_less_is_read_before_the_yes(site: Site) -> None:
    owner = await an_owner(site, "pair-e")
    shown = await a_code(site)
    async with entered(site, owner) as browser:
        less = {
            "services": "vehicle.repair",
            "machines": "*",
            "per_case": "50",
            "per_period": "60",
            "always": "book",
            "above": "20",
            "cases": "2",
            "said": "yes",
        }
        less["user_code"] = shown.user_code
        look = await browser.post("/pair", data=less)
        assert look.status_code == 200
        assert "May &#34;Kitchen speaker&#34; do this?" in look.text
        assert "up to 50.00 EUR for one case, and 60.00 EUR in a calendar month" in look.text
        assert "Help on the road" not in look.text
        assert await given_by(site, owner) == [], "its words were not read before"
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', look.text))
        again = await browser.post("/pair", data={**hidden, "said": "change"})
        assert re.search(
            r"<details open>.*name=\"per_case\"[^>]* value=\"50\"", again.text, re.DOTALL
        )
        answer = await browser.post("/pair", data={**hidden, "said": "sure"})
        assert answer.status_code == 303, answer.text
    (given,) = await given_by(site, owner)
    assert given.terms == replace(
        ASKS,
        services=("vehicle.repair",),
        per_case=euros(50),
        per_period=euros(60),
        always_ask=("book",),
        approval_above=euros(20),
        cases=2,
        depth=0,
    )


@pytest.mark.parametrize(
    ("field", "one", "asks"),
    [
        ("machines", "pair-f", ASKS),
        ("services", "vehicle.repair", replace(ASKS, services=("*",))),
    ],
)
async def test_all_and_some_is_refused(site: Site, field: str, one: str, asks: Terms) -> None:
    """Who ticks one to leave out the others must not give all because the first line stays."""
    owner = await an_owner(site, "pair-f")
    await site.hand.machine("pair-g", "car", owner="owner-pair-f")
    shown = await a_code(site, asks)
    form = {**FORM, "user_code": shown.user_code, field: ["*", one]}
    async with entered(site, owner) as browser:
        answer = await browser.post("/pair", data=form)
        assert answer.status_code == 422
        assert f'id="wrong-{field}">You ticked all, and some by name.' in answer.text
        assert await given_by(site, owner) == []
        answer = await browser.post("/pair", data={**form, field: one, "said": "sure"})
        assert answer.status_code == 303
    (given,) = await given_by(site, owner)
    assert getattr(given.terms, field) == (one,)
    async with site.hand.database.transaction() as tx:
        await mandates.revoke(tx, owner, "the test is over")


async def test_a_new_machine_can_be_limited_to_itself(site: Site) -> None:
    """It is none of theirs before their yes."""
    owner = await an_owner(site, "pair-i")
    shown = await a_code(site)
    form = {**FORM, "user_code": shown.user_code}
    async with entered(site, owner) as browser:
        page = await browser.post("/pair", data={"user_code": shown.user_code})
        choices = re.findall(r'name="machines" value="([^"]*)"', page.text)
        async with site.hand.database.transaction() as tx:
            waiting = await access.pending(tx, shown.user_code)
        assert waiting
        machine = waiting.client.machine
        assert choices == ["*", machine, "pair-i"]
        look = await browser.post("/pair", data={**form, "machines": machine})
        assert f"<dt>Machines</dt><dd>{machine}</dd>" in look.text.replace("<wbr>", "")
        answer = await browser.post("/pair", data={**form, "machines": machine, "said": "sure"})
        assert answer.status_code == 303, answer.text
    (given,) = await given_by(site, owner)
    assert given.to == machine
    assert given.terms.machines == (machine,)


async def test_who_asks_for_all_shows_what_can_be_left_out(site: Site) -> None:
    owner = await an_owner(site, "pair-h")
    everything = await a_request(site, asks=Terms(("*",)))
    some = await a_request(site)
    async with entered(site, owner) as browser:
        assert "<details open>" in (await browser.get(f"/allow/{everything}")).text
        assert "<details open>" not in (await browser.get(f"/allow/{some}")).text


async def test_a_no_is_a_no(site: Site) -> None:
    owner = await an_owner(site, "pair-c")
    shown = await a_code(site)
    async with entered(site, owner) as browser:
        no = {"user_code": shown.user_code, "said": "no"}
        answer = await browser.post("/pair", data=no)
        assert "said=not-allowed" in answer.headers["location"]
        again = await browser.post("/pair", data={**FORM, "user_code": shown.user_code})
        assert again.status_code == 422
    assert await given_by(site, owner) == []


async def test_a_browser_that_an_app_sent_goes_back_to_it(site: Site) -> None:
    owner = await an_owner(site, "allow-a")
    request = await a_request(site)
    async with entered(site, owner) as browser:
        page = await browser.get(f"/allow/{request}")
        assert page.status_code == 200
        policy = page.headers["content-security-policy"]
        assert "form-action 'self' https://app.example;" in policy
        assert "&lt;b&gt;Butler&lt;/b&gt; {{7*7}}" in page.text
        assert "<b>Butler" not in page.text
        answer = await browser.post(f"/allow/{request}", data=FORM)
        assert answer.status_code == 303
        there = answer.headers["location"]
        assert there.startswith("https://app.example/back?x=1&code=")
        assert "state=st4te" in there
        used = await browser.get(f"/allow/{request}")
        assert used.status_code == 410
    assert len(await given_by(site, owner)) == 1
    refused = await a_request(site)
    async with entered(site, owner) as browser:
        answer = await browser.post(f"/allow/{refused}", data={"said": "no"})
        assert "error=access_denied" in answer.headers["location"]


@pytest.mark.parametrize(
    "redirect",
    ["https://app.example;script-src *", "https://a.example, 'unsafe-inline'", "javascript:alert"],
)
def test_no_redirect_writes_a_policy(redirect: str) -> None:
    policy = policy_for(redirect)
    assert "form-action 'self'; base-uri 'none'" in policy


async def test_an_agent_cannot_say_yes_for_its_owner(site: Site) -> None:
    """Not without a log-in, not by a token, not by a form that it lets the owner's browser send."""
    owner = await an_owner(site, "allow-b")
    request, shown = await a_request(site), await a_code(site)
    yes = {**FORM, "user_code": shown.user_code}
    async with site.browser(Authorization="Bearer eyJhbGciOiJFZERTQSJ9.e30.c2ln") as browser:
        for place in (f"/allow/{request}", "/pair"):
            answer = await browser.post(place, data=yes)
            assert answer.status_code == 303
            assert answer.headers["location"].startswith("/enter?next=")
        looked = await browser.get(f"/allow/{request}")
        assert looked.headers["location"] == f"/enter?next=/allow/{request}"
    async with entered(site, owner) as browser:
        await _forged(browser, request, yes)
        for _ in range(3):
            await browser.get(f"/allow/{request}?said=yes")
            await browser.get(f"/pair?said=yes&user_code={shown.user_code}")
    assert await given_by(site, owner) == []


async def _forged(browser: httpx.AsyncClient, request: UUID, yes: Mapping[str, object]) -> None:
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        for place in (f"/allow/{request}", "/pair"):
            answer = await browser.post(place, data=yes, headers=headers)
            assert answer.status_code == 403


async def test_codes_cannot_be_guessed(site: Site) -> None:
    owner = await an_owner(site, "pair-d")
    async with entered(site, owner) as browser:
        found = [
            (await browser.post("/pair", data={"user_code": f"AAAA-{n:04}"})).status_code
            for n in range(12)
        ]
    assert found[0] == 422
    assert found[-1] == 429


async def test_what_is_not_there_is_said(site: Site) -> None:
    owner = await an_owner(site, "allow-c")
    nothing = await a_request(site, asks=Terms(("garden.*",)))
    async with entered(site, owner) as browser:
        assert "nothing that is offered here" in (await browser.get(f"/allow/{nothing}")).text
        assert (await browser.get(f"/allow/{ids.new()}")).status_code == 410
