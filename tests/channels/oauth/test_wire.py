"""What goes over the wire, as the standards say."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from joserfc.jwk import OKPKey
from starlette.routing import Router
from tests.access.making import ALL, BASE, FLOW, Asking, a_machine, details, proof_of
from tests.access.sites import serving

from thingdesk import access, parties
from thingdesk.access import Client, Documents, Surface, Tokens
from thingdesk.access.tokens import ASSERTION, CLIENT_CREDENTIALS, DEVICE
from thingdesk.catalog import Catalog
from thingdesk.channels import oauth
from thingdesk.packs import vehicle
from thingdesk.platform.database import Database

# httpcore leaves the socket of a TLS handshake that is cancelled to the garbage collector
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

TOKEN = "/oauth/token"
OFFERED = Catalog(vehicle.SERVICES)
TYPO = details(replace(ALL, services=("vehicel.*", "coffee.clean")))
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
async def http(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with Tokens(database, BASE) as tokens, Documents() as documents:
        async with database.transaction() as tx:
            key = await parties.desk_key(tx)
        app = Router()
        oauth.install(app, oauth.Doors(database, tokens, documents, key, BASE, OFFERED))
        carrier = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=carrier, base_url=BASE) as client:
            yield client


def form(machine: Asking, **more: str) -> dict[str, str]:
    return {
        "grant_type": CLIENT_CREDENTIALS,
        "client_assertion_type": ASSERTION,
        "client_assertion": machine.assertion(),
        **more,
    }


async def test_the_desk_says_where_and_how(http: httpx.AsyncClient) -> None:
    said = (await http.get("/.well-known/oauth-authorization-server")).json()
    assert said["issuer"] == BASE
    assert said["code_challenge_methods_supported"] == ["S256"]
    assert said["authorization_response_iss_parameter_supported"] is True
    assert said["client_id_metadata_document_supported"] is True
    assert not {"RS256", "HS256", "none"} & set(said["dpop_signing_alg_values_supported"])
    for surface in Surface:
        path = "/.well-known/oauth-protected-resource" + surface.at("")
        about = (await http.get(path)).json()
        assert about["resource"] == surface.at(BASE)
        assert about["authorization_servers"] == [said["issuer"]]
    keys = (await http.get(urlsplit(said["jwks_uri"]).path)).json()["keys"]
    assert keys
    assert all("d" not in one and one["crv"] == "Ed25519" for one in keys)


async def test_a_token_is_bound_to_the_key_of_its_proof(
    http: httpx.AsyncClient, database: Database
) -> None:
    machine, key = await a_machine(database), OKPKey.generate_key("Ed25519")
    sent = form(machine, resource=f"{BASE}/mcp")
    answer = await http.post(TOKEN, data=sent, headers={"dpop": proof_of(key)})
    assert answer.status_code == httpx.codes.OK
    said = answer.json()
    assert (said["token_type"], said["expires_in"], said["scope"]) == ("DPoP", 600, "thingdesk")
    asked = form(machine, token=said["access_token"])
    found = (await http.post("/oauth/introspect", data=asked)).json()
    assert found["cnf"] == {"jkt": key.thumbprint()}
    assert (found["sub"], found["act"]) == (str(machine.owner), {"sub": machine.machine})
    assert found["aud"] == f"{BASE}/mcp"
    ended = await http.post("/oauth/revoke", data=form(machine, token=said["access_token"]))
    assert (ended.status_code, ended.content) == (httpx.codes.OK, b"")
    asked = form(machine, token=said["access_token"])
    assert (await http.post("/oauth/introspect", data=asked)).json() == {"active": False}


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"client_assertion": "x.y.z"}, 401, "invalid_client"),
        ({"client_id": "other"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"resource": "https://other.example"}, 400, "invalid_target"),
        ({"authorization_details": "{"}, 400, "invalid_authorization_details"),
        ({"grant_type": DEVICE, "device_code": "other"}, 400, "invalid_grant"),
        ({"grant_type": DEVICE}, 400, "invalid_request"),
        ({"state": "a\0b"}, 400, "invalid_request"),
    ],
)
async def test_a_refusal_has_the_word_of_the_standard_and_ours(
    http: httpx.AsyncClient,
    database: Database,
    changed: dict[str, str],
    status: int,
    error: str,
) -> None:
    machine = await a_machine(database)
    answer = await http.post(TOKEN, data={**form(machine), **changed})
    said = answer.json()
    assert (answer.status_code, said["error"]) == (status, error)
    assert said["code"]
    assert said["recovery"] in {"retry", "fix_input", "ask_owner", "contact_us"}
    assert '"' not in said["error_description"]


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"{}", {"content-type": "application/json"}, 400),
        (b"grant_type=a&grant_type=b&client_id=car-1", FORM, 400),
        (b"a=1&" * 50, FORM, 400),
        (b"a=" + b"x" * 40_000, FORM, 413),
        (b"\xff\xfe%ff", FORM, 400),
    ],
)
async def test_what_is_no_form_of_ours_is_refused(
    http: httpx.AsyncClient, content: bytes, headers: dict[str, str], status: int
) -> None:
    answer = await http.post(TOKEN, content=content, headers=headers)
    assert answer.status_code == status
    assert answer.json()["error"] == "invalid_request"


async def test_two_proofs_are_none(http: httpx.AsyncClient, database: Database) -> None:
    machine, key = await a_machine(database), OKPKey.generate_key("Ed25519")
    twice = [("dpop", proof_of(key)), ("dpop", proof_of(key)), *FORM.items()]
    body = urlencode(form(machine))
    answer = await http.post(TOKEN, content=body, headers=twice)
    assert answer.json()["error"] == "invalid_dpop_proof"


async def test_a_machine_waits_for_its_owner(http: httpx.AsyncClient, database: Database) -> None:
    machine = await a_machine(database)
    sent = form(machine, authorization_details=details(ALL))
    said = (await http.post("/oauth/device_authorization", data=sent)).json()
    assert said["verification_uri"] == f"{BASE}/pair"
    code = parse_qs(urlsplit(said["verification_uri_complete"]).query)["user_code"]
    assert code == [said["user_code"]]

    async def ask() -> dict[str, str]:
        asked = form(machine, device_code=said["device_code"]) | {"grant_type": DEVICE}
        found: dict[str, str] = (await http.post(TOKEN, data=asked)).json()
        return found

    assert (await ask())["error"] == "authorization_pending"
    assert (await ask())["error"] == "slow_down"
    async with database.transaction() as tx:
        waiting = await access.pending(tx, said["user_code"])
        assert waiting is not None
        assert waiting.asks == ALL
        await access.confirm(tx, FLOW, waiting.id, machine.owner, ALL)
    assert (await ask())["refresh_token"]


async def test_who_asks_for_nothing_that_is_offered_hears_it_before_any_owner(
    http: httpx.AsyncClient, database: Database
) -> None:
    machine = await a_machine(database)
    sent = form(machine, authorization_details=TYPO)
    answer = await http.post("/oauth/device_authorization", data=sent)
    said = answer.json()
    assert (answer.status_code, said["error"]) == (400, "invalid_authorization_details")
    assert said["code"] == "bad_mandate"
    (field,) = said["fields"]
    assert field["path"] == "0.services"
    assert "vehicle.repair" in field["mend"]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"client_id": "car-1"},
        {"client_id": "car-1", "redirect_uri": "https://evil.example/"},
        {"client_id": "https://127.0.0.1/client.json", "redirect_uri": "https://evil.example/"},
        {"client_id": "javascript:alert(1)"},
    ],
)
async def test_a_browser_with_a_link_of_nobody_is_sent_nowhere(
    http: httpx.AsyncClient, query: dict[str, str]
) -> None:
    answer = await http.get("/oauth/authorize", params=query)
    assert answer.status_code == httpx.codes.BAD_REQUEST
    assert "location" not in answer.headers
    assert answer.headers["content-type"].startswith("text/plain")


async def _stays_here(http: httpx.AsyncClient, asked: dict[str, str], client: Client) -> None:
    """What is wrong with a request is said here: anybody's address, and nobody has clicked."""
    for more, error in (
        ({"response_type": "x"}, "unsupported_response_type"),
        ({"authorization_details": TYPO}, "invalid_authorization_details"),
    ):
        wrong = await http.get("/oauth/authorize", params={**asked, **more})
        assert wrong.status_code == 400
        assert "location" not in wrong.headers
        assert f"error={error}" in wrong.text
        assert f">Go on to {urlsplit(client.redirects[0]).netloc}</a>" in wrong.text


async def test_a_browser_that_comes_too_early_is_told_when_to_come_again(
    database: Database, tmp_path: Path
) -> None:
    """On a page of ours: without an owner's answer nobody is sent on."""
    async with (
        serving(tmp_path) as sites,
        Tokens(database, BASE) as tokens,
        asyncio.TaskGroup() as group,
    ):
        async with database.transaction() as tx:
            key = await parties.desk_key(tx)
        app = Router()
        oauth.install(app, oauth.Doors(database, tokens, sites.documents, key, BASE, OFFERED))
        asked = {
            "client_id": sites.app,
            "response_type": "code",
            "code_challenge": "c" * 43,
            "code_challenge_method": "S256",
        }
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as http:
            answer = await http.get("/oauth/authorize", params=asked)
            assert answer.headers["location"].startswith(f"{BASE}/allow/")
            client = await sites.documents.client(sites.app)
            async with database.transaction() as tx:
                for _ in range(299):
                    await access.pair(tx, client, ALL, (Surface.HTTP,), "127.0.0.1")
            answer = await http.get("/oauth/authorize", params=asked)
            assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
            assert "error=temporarily_unavailable" in answer.text
            await _stays_here(http, asked, client)
            other = {**asked, "client_id": f"{sites.slow}/x"}
            ask = sites.documents.client
            held = [group.create_task(ask(f"{sites.slow}/{n}", "127.0.0.2")) for n in range(40)]
            await sites.holds(4)
            busy = await http.get("/oauth/authorize", params=other)
            assert (busy.status_code, busy.headers["retry-after"]) == (503, "2")
            for one in held:
                one.cancel()
            full = await http.post("/oauth/device_authorization", data={"client_id": sites.app})
            assert (full.status_code, full.json()["error"]) == (429, "temporarily_unavailable")
