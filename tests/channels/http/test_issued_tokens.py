"""Tokens that the desk has issued, over HTTP: bound, narrowed, and for this place alone."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from joserfc.jwk import OKPKey
from tests.access.ending import End, the_grant, the_mandate
from tests.access.making import ALL, BASE, LESS, Asking, a_machine, paired, proof_of
from tests.desk import DeskProcess, running
from tests.journeys.garage import MISFIRE
from tests.saying import a_centre, signal
from tests.waiting import until

from thingdesk import contact, mandates
from thingdesk.access import Callers, Issued, Presented, Surface, Tokens
from thingdesk.intake import TYPES, Kind
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


@pytest.mark.parametrize("end", [the_mandate, the_grant], ids=["mandate", "grant"])
async def test_a_stream_ends_with_what_its_token_rests_on_and_says_so(
    database: Database, http: httpx.AsyncClient, tokens: Tokens, end: End
) -> None:
    await a_centre(database)  # where nobody repairs cars the case ends by itself
    car = await a_machine(database, kind="car")
    made = await paired_at(database, tokens, car)
    bearer = {"authorization": f"Bearer {made.token}"}
    asked = await http.post("/v1/services/vehicle.repair", json=MISFIRE, headers=bearer)
    events = f"{httpx.URL(asked.headers['location']).path}/events"
    stream = {**bearer, "accept": "text/event-stream"}
    async with Callers(database, BASE) as callers:
        caller = await callers.recognise(Presented(made.token), Surface.HTTP)
    said: list[str] = []
    async with asyncio.timeout(60), http.stream("GET", events, headers=stream) as answer:
        async for line in answer.aiter_lines():
            said.append(line)
            if line == "event: case.opened":
                await end(database, car, made, caller)
    last = [one for one in said if one][-2:]
    assert last[0] == "event: refused"
    problem = json.loads(last[1].removeprefix("data: "))
    assert (problem["code"], problem["recovery"]) == ("token_ended", "ask_owner")
    again = await http.get(events, headers=stream)
    assert (again.status_code, again.json()["code"]) == (401, "token_ended")


async def test_who_waits_for_a_person_under_a_mandate_waits_no_more_once_it_is_revoked(
    database: Database, http: httpx.AsyncClient, tokens: Tokens
) -> None:
    agent = await a_machine(database, kind="assistant")
    made = await paired(database, tokens, agent, terms=ALL)
    bearer = {"authorization": f"Bearer {made.token}"}
    wanted = {"about": "A bill", "reach": "+49 30 1234567"}
    asked = await http.post("/v1/services/person.ask", json=wanted, headers=bearer)
    assert asked.status_code == 200, asked.text
    async with database.transaction() as tx:
        await mandates.revoke(tx, agent.owner, "stop")

    async def is_over() -> bool:
        async with database.transaction() as tx:
            return not await contact.open_of_owner(tx, agent.owner)

    await until(is_over)


async def paired_at(database: Database, tokens: Tokens, machine: Asking, **more: Any) -> Issued:
    return await paired(database, tokens, machine, terms=LESS, **more)


@pytest.mark.parametrize("kind", [one for one in Kind if one is not Kind.REPORTS])
async def test_who_was_passed_a_narrow_token_is_not_believed_as_the_machine(
    database: Database, http: httpx.AsyncClient, tokens: Tokens, press: Asking, kind: Kind
) -> None:
    made = await paired_at(database, tokens, press)
    said = {**signal(press.machine), "type": TYPES[kind]}
    bearer = {"authorization": f"Bearer {made.token}"}
    answer = await http.post(f"/v1/{kind}", json=said, headers=bearer)
    assert (answer.status_code, answer.json()["code"]) == (403, "only_by_own_key")
    assert answer.json()["recovery"] == "fix_input"


@pytest.mark.parametrize("what", ["notices", "commands"])
async def test_what_is_for_the_machine_is_nothing_to_whom_it_passed_a_token(
    database: Database, http: httpx.AsyncClient, tokens: Tokens, press: Asking, what: str
) -> None:
    made = await paired_at(database, tokens, press)
    bearer = {"authorization": f"Bearer {made.token}"}
    answer = await http.get(f"/v1/{what}", headers=bearer)
    assert (answer.status_code, answer.json()["code"]) == (403, "only_by_own_key")
    own = {"authorization": f"Bearer {press.token()}"}
    assert (await http.get(f"/v1/{what}", headers=own)).status_code == 200
