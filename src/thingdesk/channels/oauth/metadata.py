"""What the desk says of itself: RFC 8414 of its authorization, RFC 9728 of each surface."""

from typing import Any

from thingdesk.access import ALGORITHMS, GRANTS, SCOPE, TOKEN_PATH, Surface
from thingdesk.mandates import DETAILS_TYPE

SERVER = "/.well-known/oauth-authorization-server"
RESOURCE = "/.well-known/oauth-protected-resource"
KEYS = "/oauth/jwks.json"
AUTHORIZE = "/oauth/authorize"
PAIR = "/oauth/device_authorization"
REVOKE = "/oauth/revoke"
INTROSPECT = "/oauth/introspect"
_WAYS = ["private_key_jwt", "none"]
_NAMES = {
    Surface.HTTP: "HTTP",
    Surface.MCP: "Model Context Protocol",
    Surface.A2A: "Agent2Agent",
    Surface.MQTT: "MQTT",
}


def of_server(base: str) -> dict[str, Any]:
    """Where tokens are got, and how."""
    algorithms = list(ALGORITHMS)
    return {
        "issuer": base,
        "authorization_endpoint": base + AUTHORIZE,
        "token_endpoint": base + TOKEN_PATH,
        "jwks_uri": base + KEYS,
        "device_authorization_endpoint": base + PAIR,
        "revocation_endpoint": base + REVOKE,
        "introspection_endpoint": base + INTROSPECT,
        "scopes_supported": [SCOPE],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": list(GRANTS),
        "code_challenge_methods_supported": ["S256"],
        **{
            f"{one}_endpoint_{what}": said
            for one in ("token", "revocation", "introspection")
            for what, said in (
                ("auth_methods_supported", _WAYS),
                ("auth_signing_alg_values_supported", algorithms),
            )
        },
        "dpop_signing_alg_values_supported": algorithms,
        "authorization_details_types_supported": [DETAILS_TYPE],
        "authorization_response_iss_parameter_supported": True,
        "client_id_metadata_document_supported": True,
        "protected_resources": [one.at(base) for one in Surface],
    }


def of_surface(base: str, surface: Surface) -> dict[str, Any]:
    """Which tokens are good there."""
    return {
        "resource": surface.at(base),
        "resource_name": f"thingdesk by {_NAMES[surface]}",
        "authorization_servers": [base],
        "jwks_uri": base + KEYS,
        "scopes_supported": [SCOPE],
        "bearer_methods_supported": ["header"],
        "dpop_signing_alg_values_supported": list(ALGORITHMS),
        "dpop_bound_access_tokens_required": False,
        "authorization_details_types_supported": [DETAILS_TYPE],
    }
