"""The agent card: what the desk is to agents, and a skill for each service. Pure."""

from collections.abc import Iterable
from typing import Any

import orjson
from a2a.types import (
    AgentCapabilities,
    AgentCard,
    AgentExtension,
    AgentInterface,
    AgentProvider,
    AgentSkill,
    AuthorizationCodeOAuthFlow,
    DeviceCodeOAuthFlow,
    HTTPAuthSecurityScheme,
    OAuth2SecurityScheme,
    OAuthFlows,
    SecurityRequirement,
    SecurityScheme,
    StringList,
)
from a2a.utils.constants import PROTOCOL_VERSION_1_0, TransportProtocol
from google.protobuf.json_format import ParseDict
from google.protobuf.struct_pb2 import Struct

from thingdesk import __version__
from thingdesk.access import SCOPE, TOKEN_PATH, Surface
from thingdesk.catalog import Service, describe, explain, terms

ASKING = "urn:thingdesk:a2a:asking:1"
"""The extension whose parameters are the services, with their schemas and promises."""
JSON, HTML = "application/json", "text/html"
_WHAT = (
    "The customer-service desk for machine customers. Send a message with one data part"
    ' {"service": NAME, "input": {...}, "subject": MACHINE}; NAME is the id of a skill, and the'
    f" input fits its schema, which is in the extension {ASKING}. The answer is a task, which is"
    " the case; its context is the machine. Where the owner has to answer, the task's status has"
    " the address of the desk's own page: hand it to the owner. Free text alone asks for nothing."
)
_SCOPES = {SCOPE: "What the owner allows, as authorization_details say (RFC 9396)."}
_EXTENSION = "The services that can be asked for, by name: the schemas of input and outcome."


def make_card(services: Iterable[Service], base: str) -> AgentCard:
    """The card of a desk at `base`, unsigned."""
    offered = [describe(one) for one in services]
    at = Surface.A2A.at(base)
    return AgentCard(
        name="thingdesk",
        description=_WHAT,
        version=__version__,
        provider=AgentProvider(organization="thingdesk", url=base),
        supported_interfaces=[
            AgentInterface(url=at, protocol_binding=binding, protocol_version=PROTOCOL_VERSION_1_0)
            for binding in (TransportProtocol.JSONRPC, TransportProtocol.HTTP_JSON)
        ],
        capabilities=AgentCapabilities(
            streaming=True,
            push_notifications=True,
            extended_agent_card=True,
            extensions=[
                AgentExtension(uri=ASKING, description=_EXTENSION, params=_asking(offered))
            ],
        ),
        security_schemes=_schemes(base),
        security_requirements=[
            SecurityRequirement(schemes={name: StringList()}) for name in _schemes(base)
        ],
        default_input_modes=[JSON],
        default_output_modes=[JSON],
        skills=[skill(one) for one in offered],
    )


def skill(described: dict[str, Any]) -> AgentSkill:
    """The skill that a described service is."""
    name = described["name"]
    return AgentSkill(
        id=name,
        name=described["title"],
        description=explain(described),
        tags=sorted({name.partition(".")[0], *described["effects"], *described["kinds"]}),
        examples=[orjson.dumps({"service": name, "input": _example(described["input"])}).decode()],
        input_modes=[JSON],
        output_modes=[JSON],
    )


def _asking(offered: list[dict[str, Any]]) -> Struct:
    services = {
        one["name"]: {"input": one["input"], "outcome": one["outcome"], **terms(one)}
        for one in offered
    }
    return ParseDict({"services": services}, Struct())


def _example(schema: dict[str, Any]) -> dict[str, Any]:
    """What is required, by its type: to be replaced by what is so."""
    fields = schema.get("properties", {})
    return {name: f"<{fields[name].get('type', 'value')}>" for name in schema.get("required", ())}


def _schemes(base: str) -> dict[str, SecurityScheme]:
    metadata = f"{base}/.well-known/oauth-authorization-server"
    token = f"{base}{TOKEN_PATH}"
    pairing = DeviceCodeOAuthFlow(
        device_authorization_url=f"{base}/oauth/device_authorization",
        token_url=token,
        refresh_url=token,
        scopes=_SCOPES,
    )
    code = AuthorizationCodeOAuthFlow(
        authorization_url=f"{base}/oauth/authorize",
        token_url=token,
        refresh_url=token,
        pkce_required=True,
        scopes=_SCOPES,
    )
    return {
        "pairing": _oauth("The owner pairs the agent by a code.", metadata, device_code=pairing),
        "consent": _oauth("The owner allows it in a browser.", metadata, authorization_code=code),
        "dpop": _http("DPoP", "The same tokens, bound to a key of the agent (RFC 9449)."),
        "machine": _http("Bearer", "A short token that a machine signs with its own key."),
    }


def _oauth(words: str, metadata: str, **flow: Any) -> SecurityScheme:
    return SecurityScheme(
        oauth2_security_scheme=OAuth2SecurityScheme(
            description=words, oauth2_metadata_url=metadata, flows=OAuthFlows(**flow)
        )
    )


def _http(scheme: str, words: str) -> SecurityScheme:
    return SecurityScheme(
        http_auth_security_scheme=HTTPAuthSecurityScheme(
            description=words, scheme=scheme, bearer_format="JWT"
        )
    )
