"""The agent card: what is offered, generated from the catalog, signed by the desk, cached."""

from typing import Any

import httpx
import orjson
import pytest
from a2a.client import A2ACardResolver
from a2a.client.card_resolver import parse_agent_card
from a2a.types import AgentCard, GetExtendedAgentCardRequest
from a2a.utils.proto_utils import warn_on_missing_required_fields
from a2a.utils.signing import InvalidSignaturesError, create_signature_verifier
from google.protobuf.json_format import MessageToDict
from jwt import PyJWK
from tests.channels.a2a.conftest import Agent, Surface

from thingdesk.catalog import Catalog, describe
from thingdesk.channels.a2a import make_card
from thingdesk.channels.a2a.signing import signed
from thingdesk.channels.oauth.metadata import SERVER, of_server
from thingdesk.packs import equipment, meter, vehicle

ALL = Catalog((*vehicle.SERVICES, *equipment.SERVICES, *meter.SERVICES))
BASE = "https://desk.example"
PATH = "/.well-known/agent-card.json"


def verifier(keys: list[dict[str, Any]]) -> Any:
    def key(kid: str | None, _: str | None) -> PyJWK:
        return next(PyJWK(one) for one in keys if one["kid"] == kid)

    return create_signature_verifier(key, ["EdDSA"])


async def test_the_card_says_each_service_and_its_schemas() -> None:
    card = make_card(ALL, BASE)
    assert [one.id for one in card.skills] == [one.name for one in ALL]
    params = MessageToDict(card.capabilities.extensions[0].params)
    for one in map(describe, ALL):
        said = params["services"][one["name"]]
        assert said["input"] == one["input"]
        assert said["outcome"] == one["outcome"]
        assert said["promise"] == one["promise"]


async def test_an_example_is_what_a_message_may_look_like() -> None:
    for one in make_card(ALL, BASE).skills:
        (example,) = one.examples
        asked = orjson.loads(example)
        assert asked["service"] == one.id
        required = describe(ALL.get(one.id))["input"].get("required", [])
        assert sorted(asked["input"]) == sorted(required)


async def test_nothing_is_missing_that_a_card_has_to_have() -> None:
    assert warn_on_missing_required_fields(make_card(ALL, BASE), "test")
    assert not warn_on_missing_required_fields(AgentCard(), "test")


async def test_the_card_is_signed_by_the_desks_key(surface: Surface) -> None:
    keys = list(surface.doors.key.public_jwks)
    async with httpx.AsyncClient(timeout=30) as http:
        card = await A2ACardResolver(http, surface.url).get_agent_card(
            signature_verifier=verifier(keys)
        )
    card.skills[0].description += " And gold."
    with pytest.raises(InvalidSignaturesError):
        verifier(keys)(card)


async def test_names_beyond_ascii_are_signed_as_others_read_them(surface: Surface) -> None:
    card = make_card(ALL, BASE)
    card.name = "Störungsdienst 電話 🚗"
    card.description = ""
    verifier(list(surface.doors.key.public_jwks))(signed(card, surface.doors.key, BASE))


async def test_a_cache_may_keep_it_and_ask_again(surface: Surface) -> None:
    async with httpx.AsyncClient(base_url=surface.url, timeout=30) as http:
        first = await http.get(PATH)
        again = await http.get(PATH, headers={"If-None-Match": first.headers["etag"]})
    assert first.status_code == httpx.codes.OK
    assert first.headers["cache-control"] == "public, max-age=300"
    assert again.status_code == httpx.codes.NOT_MODIFIED
    assert not again.content


async def test_who_has_shown_a_token_sees_what_it_may_ask_for(
    surface: Surface, agent: Agent
) -> None:
    card = await agent.client.get_extended_agent_card(
        GetExtendedAgentCardRequest(),
        signature_verifier=verifier(list(surface.doors.key.public_jwks)),
    )
    assert [one.id for one in card.skills] == [one.name for one in vehicle.SERVICES]


async def test_the_card_is_read_as_it_is_meant(surface: Surface) -> None:
    async with httpx.AsyncClient(base_url=surface.url, timeout=30) as http:
        card = parse_agent_card((await http.get(PATH)).json())
    assert [one.protocol_binding for one in card.supported_interfaces] == ["JSONRPC", "HTTP+JSON"]
    assert {one.url for one in card.supported_interfaces} == {f"{surface.url}/a2a"}
    assert card.capabilities.streaming
    named = {name for one in card.security_requirements for name in one.schemes}
    assert named == set(card.security_schemes)


def test_the_card_sends_agents_where_tokens_are_given() -> None:
    schemes, said = make_card(ALL, BASE).security_schemes, of_server(BASE)
    pairing = schemes["pairing"].oauth2_security_scheme
    consent = schemes["consent"].oauth2_security_scheme
    device, code = pairing.flows.device_code, consent.flows.authorization_code
    assert device.device_authorization_url == said["device_authorization_endpoint"]
    assert code.authorization_url == said["authorization_endpoint"]
    assert {device.token_url, code.token_url} == {said["token_endpoint"]}
    assert sorted(device.scopes) == sorted(code.scopes) == said["scopes_supported"]
    assert pairing.oauth2_metadata_url == f"{BASE}{SERVER}"
