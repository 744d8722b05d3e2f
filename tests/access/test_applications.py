"""An owner lets an application act: OAuth 2.1, and how its tokens are renewed and end."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import OKPKey
from tests.access.making import (
    ALL,
    BACK,
    BASE,
    FLOW,
    LESS,
    an_app,
    new_owner,
    proof_of,
    public,
    shown,
)
from tests.access.refusing import code_of

from thingdesk import access, mandates, parties
from thingdesk.access import Browsed, Callers, Client, Issued, Surface, TokenRequest, Tokens
from thingdesk.access.proof import digest_of
from thingdesk.access.tokens import CODE, REFRESH
from thingdesk.platform import clock
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refused

VERIFIER = "v" * 43


async def asked(
    database: Database, app: Client, *, jkt: str | None = None, said: str = "s"
) -> tuple[str, access.Confirmed]:
    """The code that an application gets for its owner's word, and what was confirmed."""
    browsed = Browsed(BASE, BACK, digest_of(VERIFIER), "S256", said, jkt)
    async with database.transaction() as tx:
        owner = await new_owner(tx)
        pending = await access.ask_owner(tx, app, ALL, (Surface.MCP,), browsed)
        assert await access.authorization(tx, pending.id) == pending
        confirmed = await access.confirm(tx, FLOW, pending.id, owner, LESS)
        assert await access.authorization(tx, pending.id) is None
    found = parse_qs(urlsplit(confirmed.redirect or "").query)
    assert (found["state"], found["iss"]) == ([said], [BASE])
    return found["code"][0], confirmed


def redeems(app: Client, code: str, proof: str | None = None, **more: str) -> TokenRequest:
    form = {"grant_type": CODE, "code": code, "code_verifier": VERIFIER, **more}
    return TokenRequest(app, form, proof=proof)


async def test_an_application_becomes_a_machine_of_the_owner(
    database: Database, tokens: Tokens, callers: Callers
) -> None:
    app = an_app()
    code, confirmed = await asked(database, app)
    made = await tokens.make(redeems(app, code, redirect_uri=BACK))
    found = await callers.recognise(shown(made.token), Surface.MCP)
    assert (found.machine, found.mandate) == (confirmed.machine, confirmed.mandate)
    async with database.transaction() as tx:
        machine = await parties.get_machine(tx, found.machine)
    assert machine is not None
    assert (machine.kind, machine.model) == ("agent", "Agent")
    _, other = await asked(database, app)
    assert other.machine != found.machine


async def test_a_code_shown_twice_ends_what_the_first_got(
    database: Database, tokens: Tokens, callers: Callers
) -> None:
    app = an_app()
    code, _ = await asked(database, app)
    made = await tokens.make(redeems(app, code))
    assert await callers.recognise(shown(made.token), Surface.MCP)
    assert await code_of(tokens.make(redeems(app, code))) == "grant_unknown"
    assert await code_of(callers.recognise(shown(made.token), Surface.MCP)) == "token_ended"
    assert await code_of(tokens.make(renews(app, made))) == "grant_unknown"


async def test_a_code_is_good_once_also_when_shown_at_once(
    database: Database, tokens: Tokens
) -> None:
    app = an_app()
    code, _ = await asked(database, app)
    said = await asyncio.gather(
        *(tokens.make(redeems(app, code)) for _ in range(3)), return_exceptions=True
    )
    assert sum(isinstance(one, Issued) for one in said) == 1
    assert all(isinstance(one, Issued | Refused) for one in said)


@pytest.mark.parametrize(
    "changed",
    [
        {"code_verifier": "w" * 43},
        {"code_verifier": "v" * 42},
        {"code_verifier": "é" * 43},
        {"redirect_uri": f"{BACK}/else"},
        {"code": "other"},
    ],
)
async def test_a_stolen_code_is_no_good(
    database: Database, tokens: Tokens, changed: dict[str, str]
) -> None:
    app = an_app()
    code, _ = await asked(database, app)
    assert await code_of(tokens.make(redeems(app, **{"code": code, **changed}))) == "grant_unknown"
    thief = an_app()
    assert await code_of(tokens.make(redeems(thief, code))) == "grant_unknown"


async def test_a_code_lasts_a_minute_and_stays_with_the_key_of_its_request(
    database: Database, tokens: Tokens, turnable: clock.Turnable
) -> None:
    app, key = an_app(), OKPKey.generate_key("Ed25519")
    code, _ = await asked(database, app, jkt=key.thumbprint())
    assert await code_of(tokens.make(redeems(app, code))) == "proof_wrong"
    by_other = proof_of(OKPKey.generate_key("Ed25519"))
    assert await code_of(tokens.make(redeems(app, code, by_other))) == "proof_wrong"
    turnable.turn(timedelta(seconds=61))
    assert await code_of(tokens.make(redeems(app, code, proof_of(key)))) == "grant_unknown"


@pytest.mark.parametrize("jkt", ["", "x" * 24_000, "x" * 42, "x" * 44, "x" * 42 + "="])
async def test_a_key_is_named_by_its_thumbprint_and_nothing_else(
    database: Database, jkt: str
) -> None:
    said = Browsed(BASE, BACK, digest_of(VERIFIER), "S256", jkt=jkt)
    async with database.transaction() as tx:
        refused = await code_of(access.ask_owner(tx, an_app(), ALL, (Surface.MCP,), said))
    assert refused == "thumbprint_unfit"


async def test_of_a_long_description_there_stays_what_its_owner_is_shown(
    database: Database,
) -> None:
    key = public(OKPKey.generate_key("Ed25519"))
    long = replace(an_app(), redirects=(BACK, f"{BACK}/{'x' * 10_000}"), keys=(key,) * 20)
    said = Browsed(BASE, BACK, digest_of(VERIFIER), "S256")
    async with database.transaction() as tx:
        pending = await access.ask_owner(tx, long, ALL, (Surface.MCP,), said)
        await access.pair(tx, long, ALL, (Surface.MCP,))
        stored = await tx.fetch(
            "select client from access_request where client->>'id' = $1", long.id
        )
    assert (pending.client.name, pending.client.redirects) == (long.name, ())
    assert [len(str(dict(row["client"]))) < 1_000 for row in stored] == [True, True]


@pytest.mark.parametrize(
    ("challenge", "method"),
    [(None, None), (None, "S256"), (VERIFIER, "plain"), (VERIFIER, None), ("short", "S256")],
)
async def test_nothing_less_than_s256_proves_who_began(
    database: Database, challenge: str | None, method: str | None
) -> None:
    said = Browsed(BASE, BACK, challenge, method)
    async with database.transaction() as tx:
        refused = await code_of(access.ask_owner(tx, an_app(), ALL, (Surface.MCP,), said))
    assert refused == "challenge_unfit"


@pytest.mark.parametrize(
    "redirect",
    [
        None,
        "",
        f"{BACK}/",
        f"{BACK}?x=1",
        f"{BACK}#x",
        BACK.upper(),
        "https://agent.example.com.evil.example/back",
        "https://agent.example.com@evil.example/back",
        "http://agent.example.com/back",
        "http://127.0.0.1:80@evil.example/own",
        "http://127.0.0.1:8080/own/../else",
        "http://127.0.0.1:8080/own\r\nX: y",
        "http://127.0.0.1:99999/own",
        "http://127.0.0.2:8080/own",
        "https://127.0.0.1:8080/own",
        "javascript:alert(1)",
    ],
)
def test_a_browser_is_sent_nowhere_else(redirect: str | None) -> None:
    app = an_app(redirects=(BACK, "http://127.0.0.1/own"))
    with pytest.raises(Refused, match="redirect_unknown"):
        access.check_redirect(app, redirect)


def test_an_application_on_the_own_computer_has_any_port() -> None:
    app = an_app(redirects=("http://127.0.0.1/own", "http://[::1]:1/own"))
    for url in ("http://127.0.0.1/own", "http://127.0.0.1:51234/own", "http://[::1]:51234/own"):
        assert access.check_redirect(app, url) == url
    assert access.check_redirect(an_app(), None) == BACK


def renews(app: Client, made: Issued, proof: str | None = None) -> TokenRequest:
    form = {"grant_type": REFRESH, "refresh_token": made.refresh or ""}
    return TokenRequest(app, form, proof=proof)


async def test_what_renews_is_good_once_and_gives_the_next(
    database: Database, tokens: Tokens, callers: Callers
) -> None:
    app = an_app()
    code, _ = await asked(database, app)
    first = await tokens.make(redeems(app, code))
    second = await tokens.make(renews(app, first))
    assert await callers.recognise(shown(second.token), Surface.MCP)
    assert await code_of(tokens.make(renews(an_app(), second))) == "grant_unknown"
    # the thief, or the one it was stolen from: all of the family ends
    assert await code_of(tokens.make(renews(app, first))) == "grant_unknown"
    assert await code_of(tokens.make(renews(app, second))) == "grant_unknown"
    assert await code_of(callers.recognise(shown(second.token), Surface.MCP)) == "token_ended"


async def test_what_renews_a_bound_token_is_bound(database: Database, tokens: Tokens) -> None:
    app, key = an_app(), OKPKey.generate_key("Ed25519")
    code, _ = await asked(database, app)
    made = await tokens.make(redeems(app, code, proof_of(key)))
    assert await code_of(tokens.make(renews(app, made))) == "proof_wrong"
    other = proof_of(OKPKey.generate_key("Ed25519"))
    assert await code_of(tokens.make(renews(app, made, other))) == "proof_wrong"
    assert (await tokens.make(renews(app, made, proof_of(key)))).bound


async def test_a_revoked_mandate_ends_its_tokens_at_once(
    database: Database, tokens: Tokens, callers: Callers
) -> None:
    app, began = an_app(), clock.now()
    code, confirmed = await asked(database, app)
    made = await tokens.make(redeems(app, code))
    assert confirmed.mandate is not None
    async with database.transaction() as tx:
        owner = confirmed.mandate.owner_id
        await mandates.revoke(tx, owner, "stop", mandate_id=confirmed.mandate.id)
        assert confirmed.machine in [one.machine for one in await mandates.revoked_of(tx, began)]
    assert await code_of(callers.recognise(shown(made.token), Surface.MCP)) == "token_ended"
    assert await code_of(tokens.make(renews(app, made))) == "grant_unknown"


async def test_a_client_ends_what_is_its_own(
    database: Database, tokens: Tokens, callers: Callers
) -> None:
    app, began = an_app(), clock.now()
    code, confirmed = await asked(database, app)
    first = await tokens.make(redeems(app, code))
    second = await tokens.make(renews(app, first))
    async with database.transaction() as tx:
        await access.revoke(tx, an_app(), first.token, BASE)
        await access.revoke(tx, app, "nonsense", BASE)
    assert await callers.recognise(shown(first.token), Surface.MCP)
    async with database.transaction() as tx:
        assert (await access.introspect(tx, app, first.token, BASE))["active"]
        assert await access.introspect(tx, an_app(), first.token, BASE) == {"active": False}
        await access.revoke(tx, app, first.token, BASE)
    assert await code_of(callers.recognise(shown(first.token), Surface.MCP)) == "token_ended"
    assert await callers.recognise(shown(second.token), Surface.MCP)
    async with database.transaction() as tx:
        assert await access.introspect(tx, app, first.token, BASE) == {"active": False}
        await access.revoke(tx, app, second.refresh or "", BASE)
        assert confirmed.machine in [one.machine for one in await access.ended_for(tx, began)]
    assert await code_of(callers.recognise(shown(second.token), Surface.MCP)) == "token_ended"
