"""Log-ins by a provider elsewhere, and what tries to pass for one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import pytest
from joserfc.jwk import RSAKey
from starlette.routing import Router
from tests.web.issuing import Elsewhere, come_back, elsewhere, known, shared_secret
from tests.web.people import account
from tests.web.site import Site
from tests.web.test_people import text

from thingdesk import parties, web
from thingdesk.parties import Role
from thingdesk.platform.settings import Settings
from thingdesk.web.install import install
from thingdesk.web.issuer import RETURN


@asynccontextmanager
async def open_door(site: Site, **more: Any) -> AsyncIterator[tuple[Elsewhere, Site]]:
    """The site with a provider, and what that says is in the test's hand."""
    async with elsewhere() as one:
        pages = replace(site.pages, issuer=known(one, **more))
        app = Router()
        yield one, replace(site, app=app, pages=pages, live=install(app, pages))


async def begin(browser: httpx.AsyncClient) -> str:
    answer = await browser.get("/log-in/oidc", params={"next": "/cases?state=open"})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def log_in(site: Site, one: Elsewhere) -> httpx.Response:
    async with site.browser() as browser:
        asked = await begin(browser)
        return await come_back(browser, one.answer(asked))


def settings(**given: Any) -> Settings:
    return Settings(**given)


async def staff(site: Site, email: str) -> parties.Staff | None:
    async with site.hand.database.transaction() as tx:
        return next((one for one in await parties.all_staff(tx) if one.email == email), None)


async def test_who_the_provider_vouches_for_has_a_session(site: Site) -> None:
    await account(site, "ada", Role.LEADER)
    async with open_door(site) as (one, door), door.browser() as browser:
        asked = await begin(browser)
        assert asked.startswith(f"{one.url}/authorize?response_type=code&client_id=desk&")
        answer = await come_back(browser, one.answer(asked))
        assert answer.headers["location"] == "/cases?state=open"
        assert (await browser.get("/account")).status_code == 200
        (form,) = one.forms
        assert form["authorization"].startswith("Basic ")
        assert "client_secret" not in form
        assert len(form["code_verifier"]) >= 43
        left = await browser.post("/log-out")
        assert left.headers["location"] == "/log-in?left=1"
        one.who["email"] = "ada.new@example.org"
        again = await come_back(browser, one.answer(await begin(browser)))
        assert again.status_code == 303, "by its name for them, whatever the address is now"


LIES = {
    "another nonce": {"nonce": "made up"},
    "no nonce": {"nonce": None},
    "another audience": {"aud": "somebody else"},
    "several audiences": {"aud": ["desk", "somebody else"]},
    "another party": {"azp": "somebody else"},
    "another issuer": {"iss": "https://evil.example"},
    "expired": {"exp": 1},
    "no end": {"exp": None},
    "of yesterday": {"iat": 1},
    "nobody": {"sub": ""},
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
async def test_a_token_that_is_not_for_this_log_in_is_no_proof(
    site: Site, lie: dict[str, Any]
) -> None:
    await account(site, "ada", Role.LEADER)
    async with open_door(site) as (one, door):
        one.lies = lie
        answer = await log_in(door, one)
    assert answer.status_code == 422
    assert "does not prove who you are" in text(answer.text)
    assert "thingdesk=" not in answer.headers.get("set-cookie", "")


@pytest.mark.parametrize("algorithm", ["none", "HS256", "another key"])
async def test_a_token_that_the_provider_has_not_signed_is_no_proof(
    site: Site, algorithm: str
) -> None:
    async with open_door(site) as (one, door):
        if algorithm == "another key":
            one.sign = RSAKey.generate_key(2048, {"kid": "1"})
        else:
            one.header = {"alg": algorithm, "kid": "1"}
            one.sign = shared_secret()
        answer = await log_in(door, one)
    assert answer.status_code == 422
    assert "does not prove who you are" in text(answer.text)


async def test_new_keys_of_the_provider_are_fetched(site: Site) -> None:
    await account(site, "ada", Role.LEADER)
    async with open_door(site) as (one, door):
        assert (await log_in(door, one)).status_code == 303
        one.key = RSAKey.generate_key(2048, {"kid": "2"})
        one.header = {"alg": "RS256", "kid": "2"}
        assert (await log_in(door, one)).status_code == 303


async def test_a_key_that_nobody_has_keeps_nobody_out_who_logs_in_after_it(site: Site) -> None:
    await account(site, "ada", Role.LEADER)
    async with open_door(site) as (one, door):
        assert (await log_in(door, one)).status_code == 303
        one.header, one.about = {"alg": "RS256", "kid": "none"}, {"issuer": "https://else.example"}
        assert (await log_in(door, one)).status_code == 422, "asked for anew, and not had"
        one.header = {"alg": "RS256", "kid": "1"}
        assert (await log_in(door, one)).status_code == 303, "what was known of it is still good"


async def test_what_comes_back_is_for_the_browser_that_began_and_once(site: Site) -> None:
    await account(site, "ada", Role.LEADER)
    async with open_door(site) as (one, door), door.browser() as mine, door.browser() as other:
        said = one.answer(await begin(mine))
        assert "begin once more" in (await come_back(other, said)).text, "it began nothing"
        one.answer(await begin(other), "other")
        assert "not for this browser" in (await come_back(other, said)).text
        kept = dict(mine.cookies)
        assert (await come_back(mine, said)).status_code == 303
        mine.cookies.update(kept)
        replayed = await come_back(mine, said)
        assert replayed.status_code == 422
        assert "used already" in replayed.text
        assert len(one.forms) == 1, "the code is shown to nobody a second time"


@pytest.mark.parametrize("issuer", ["https://evil.example", None])
async def test_what_comes_from_another_issuer_is_not_looked_at(
    site: Site, issuer: str | None
) -> None:
    async with open_door(site) as (one, door), door.browser() as browser:
        said = one.answer(await begin(browser))
        said.pop("iss")
        answer = await come_back(browser, {**said, **({"iss": issuer} if issuer else {})})
        assert "comes from another issuer" in answer.text
        assert not one.forms, "it never gets the code"


async def test_what_is_declined_there_is_told_in_our_words(site: Site) -> None:
    async with open_door(site) as (one, door), door.browser() as browser:
        said = one.answer(await begin(browser))
        said |= {"error": "access_denied", "error_description": "Call 0190 for help"}
        answer = await come_back(browser, said)
    assert answer.status_code == 422
    assert "it was declined there" in answer.text
    assert "0190" not in answer.text


@pytest.mark.parametrize(
    ("who", "words"),
    [
        ({"email_verified": False}, "not verified there"),
        ({"email_verified": "true"}, "not verified there"),
        ({"email": "nobody@example.org"}, "no account of this e-mail address"),
        ({"email": None}, "not verified there"),
    ],
)
async def test_who_is_not_known_gets_no_session(
    site: Site, who: dict[str, Any], words: str
) -> None:
    async with open_door(site) as (one, door):
        one.who |= {"sub": "new", **who}
        answer = await log_in(door, one)
    assert answer.status_code == 422
    assert words in text(answer.text)


async def test_an_address_that_was_given_to_somebody_else_there_opens_nothing(site: Site) -> None:
    await account(site, "ada", Role.LEADER)
    async with open_door(site) as (one, door):
        assert (await log_in(door, one)).status_code == 303
        one.who["sub"] = "the next ada"
        assert "is somebody else" in (await log_in(door, one)).text


async def test_groups_give_accounts_and_roles_from_each_log_in_on(site: Site) -> None:
    await account(site, "chief", Role.ADMIN)
    roles = ((Role.LEADER, "it"), (Role.AGENT, "desk"))
    async with open_door(site, roles=roles, domains=("example.org",)) as (one, door):
        one.who = {**one.who, "sub": "gus", "email": "gus@example.org", "groups": ["desk"]}
        assert (await log_in(door, one)).status_code == 303
        gus = await staff(site, "gus@example.org")
        assert gus
        assert gus.roles == {Role.AGENT}
        assert not gus.has_password
        one.who["groups"] = ["it", "desk"]
        assert (await log_in(door, one)).status_code == 303
        gus = await staff(site, "gus@example.org")
        assert gus
        assert gus.roles == {Role.AGENT, Role.LEADER}
        one.who["groups"] = "guests"
        assert "in no group" in (await log_in(door, one)).text
        one.who |= {"email": "gus@evil.example", "groups": ["it"]}
        assert "verified addresses of example.org" in text((await log_in(door, one)).text)
        await _close(site, gus.id)
        one.who["email"] = "gus@example.org"
        assert "was closed" in (await log_in(door, one)).text


async def _close(site: Site, staff_id: UUID) -> None:
    async with site.hand.database.transaction() as tx:
        await parties.disable_staff(tx, staff_id)


async def test_a_provider_that_is_not_reached_is_told_without_its_details(site: Site) -> None:
    async with open_door(site) as (one, door), door.browser() as browser:
        one.about = {"token_endpoint": "http://127.0.0.1:1/token"}
        said = one.answer(await begin(browser))
        answer = await come_back(browser, said)
        assert answer.status_code == 503
        assert "cannot be reached at the moment" in text(answer.text)
        assert "Connect" not in answer.text
    async with open_door(site, networks=()) as (_, door), door.browser() as browser:
        assert (await browser.get("/log-in/oidc")).status_code == 503, "a private network"


@pytest.mark.parametrize(
    "about", [{"issuer": "https://evil.example"}, {"token_endpoint": "http://evil.example/token"}]
)
async def test_a_provider_that_is_another_or_not_safe_is_not_used(
    site: Site, about: dict[str, str]
) -> None:
    async with open_door(site) as (one, door), door.browser() as browser:
        one.about = about
        assert (await browser.get("/log-in/oidc")).status_code == 422


async def test_where_none_is_set_nothing_of_it_is_shown(site: Site) -> None:
    async with site.browser() as browser:
        assert "/log-in/oidc" not in (await browser.get("/log-in")).text
        assert (await browser.get("/log-in/oidc")).status_code == 422
        assert (await browser.get(RETURN)).status_code == 422


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, ""),
        ({"oidc_issuer": "http://id.example"}, "is no https:// address"),
        ({"oidc_issuer": "https://id.example"}, "THINGDESK_OIDC_CLIENT_ID is not set"),
        (
            {"oidc_issuer": "https://id.example", "oidc_client_id": "desk"},
            "THINGDESK_PUBLIC_URL is not set",
        ),
        (
            {
                "oidc_issuer": "https://id.example",
                "oidc_client_id": "desk",
                "public_url": "https://desk.example",
                "oidc_roles": ("king=it",),
            },
            "'king=it' is no role=group",
        ),
    ],
)
async def test_the_doctor_says_when_the_settings_cannot_work(
    given: dict[str, Any], words: str
) -> None:
    found, mend = await web.examine(settings(**given))
    assert words in found
    assert bool(mend) == bool(words)


async def test_the_doctor_asks_the_provider() -> None:
    async with elsewhere() as one:
        given = {
            "oidc_issuer": one.url,
            "oidc_client_id": "desk",
            "public_url": "https://d.example",
        }
        found, mend = await web.examine(settings(**given))
        assert "THINGDESK_OIDC_NETWORKS" in mend
        found, mend = await web.examine(settings(**given, oidc_networks="127.0.0.0/8"))
        assert (found, mend) == (f"{one.url} answers, with 1 keys", "")
    found, mend = await web.examine(settings(**given, oidc_networks="127.0.0.0/8"))
    assert "can reach it" in mend
