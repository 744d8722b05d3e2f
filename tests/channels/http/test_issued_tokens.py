"""Tokens that the desk has issued, over HTTP: bound, narrowed, and for this place alone."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from joserfc.jwk import OKPKey
from tests.access.making import BASE, LESS, Asking, a_machine, paired, proof_of
from tests.desk import DeskProcess, running

from thingdesk.access import Issued, Surface, Tokens
from thingdesk.platform import ids
from thingdesk.platform.database import Database


@pytest.fixture(scope="module")
async def desk(
    tmp_path_factory: pytest.TempPathFactory, database_url: str
) -> AsyncIterator[DeskProcess]:
    """One that is called by the name for which the tokens are made."""
    folder = tmp_path_factory.mktemp("desk") / "desk"
    async with running(folder, database_url=database_url, public_url=BASE) as one:
        yield one


@pytest.fixture
async def tokens(database: Database) -> AsyncIterator[Tokens]:
    async with Tokens(database, BASE) as made:
        yield made


@pytest.fixture
async def press(database: Database) -> Asking:
    return await a_machine(database)


def report(service: str) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": str(ids.new()),
        "source": "press",
        "type": "thingdesk.report",
        "data": {"service": service, "input": {"metric": "temperature"}},
    }


async def say(
    http: httpx.AsyncClient,
    made: Issued,
    service: str,
    key: OKPKey | None = None,
    **proof: Any,
) -> httpx.Response:
    scheme = "DPoP" if key else "Bearer"
    headers = {"authorization": f"{scheme} {made.token}"}
    if key:
        url = f"{BASE}/v1/reports"
        headers["dpop"] = proof_of(key, token=made.token, url=url, **proof)
    return await http.post("/v1/reports", json=report(service), headers=headers)


async def test_what_a_token_was_narrowed_to_holds_for_reports_too(
    database: Database, http: httpx.AsyncClient, tokens: Tokens, press: Asking
) -> None:
    assert all(one.startswith("vehicle") for one in LESS.services)
    made = await paired_at(database, tokens, press)
    answer = await say(http, made, "equipment.repair")
    assert answer.json()["code"] == "service_not_covered", answer.text


async def test_a_token_of_another_place_is_told_where_to_get_one(
    database: Database, http: httpx.AsyncClient, tokens: Tokens, press: Asking
) -> None:
    made = await paired_at(database, tokens, press, at=Surface.MCP)
    answer = await say(http, made, "equipment.repair")
    assert (answer.status_code, answer.json()["code"]) == (401, "token_elsewhere")
    assert "resource_metadata=" in answer.headers["www-authenticate"]


async def test_a_stolen_token_is_nothing_without_its_key(
    database: Database, http: httpx.AsyncClient, tokens: Tokens, press: Asking
) -> None:
    key, thief = OKPKey.generate_key("Ed25519"), OKPKey.generate_key("Ed25519")
    made = await paired_at(database, tokens, press, key=key)
    assert (await say(http, made, "equipment.repair")).status_code == 401
    assert (await say(http, made, "equipment.repair", thief)).json()["code"] == "proof_wrong"
    good = await say(http, made, "equipment.repair", key, jti="once")
    assert good.json()["code"] == "service_not_covered", good.text
    replayed = await say(http, made, "equipment.repair", key, jti="once")
    assert replayed.json()["code"] == "proof_replayed"


async def paired_at(database: Database, tokens: Tokens, machine: Asking, **more: Any) -> Issued:
    return await paired(database, tokens, machine, terms=LESS, **more)
