"""What the desk knows of its issuer, and the issuer says of itself. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from thingdesk.parties import Role
from thingdesk.platform.outward import Network

_TEXTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class Unfit(Exception):
    """What is set, or what the issuer said, is no good: in words."""


@dataclass(frozen=True, slots=True)
class Registration:
    """What the operator has set. `back` is where browsers come back to; `roles` are the groups that
    have one, `*` for everybody.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    back: str
    domains: tuple[str, ...] = ()
    roles: tuple[tuple[Role, str], ...] = ()
    groups: str = "groups"
    scope: str = "openid"
    networks: tuple[Network, ...] = ()

    @property
    def name(self) -> str:
        """How people call it."""
        return urlsplit(self.issuer).hostname or self.issuer

    def roles_of(self, groups: object) -> frozenset[Role]:
        """The roles of who is in these groups, as a claim names them."""
        named = [groups] if isinstance(groups, str) else groups if isinstance(groups, list) else []
        return frozenset(role for role, group in self.roles if group == "*" or group in named)


def read_roles(texts: tuple[str, ...]) -> tuple[tuple[Role, str], ...]:
    """Roles and their groups, as they are set: `admin=it`. Raises Unfit."""
    found = []
    for text in texts:
        role, _, group = text.partition("=")
        if role not in set(Role) or not group:
            known = ", ".join(Role)
            raise Unfit(f"THINGDESK_OIDC_ROLES: {text!r} is no role=group; the roles are {known}")
        found.append((Role(role), group))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Metadata:
    """Where the issuer answers what (OpenID Connect Discovery 1.0)."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    says_who: bool
    by_post: bool


def read_metadata(said: Mapping[str, Any], issuer: str) -> Metadata:
    """Raises Unfit where it is not this issuer's, or a place is missing or not safe."""
    if said.get("issuer") != issuer:
        raise Unfit(f"it calls itself {str(said.get('issuer'))[:200]!r}, and not {issuer!r}")
    places = {name: said.get(name) for name in _TEXTS}
    more = {name: said.get(name) for name in ("userinfo_endpoint", "end_session_endpoint")}
    for name, place in (*places.items(), *((one, at) for one, at in more.items() if at)):
        if not isinstance(place, str) or not is_safe(place):
            raise Unfit(f"its {name} is no https:// address")
    methods = said.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return Metadata(
        authorization_endpoint=str(places["authorization_endpoint"]),
        token_endpoint=str(places["token_endpoint"]),
        jwks_uri=str(places["jwks_uri"]),
        userinfo_endpoint=more["userinfo_endpoint"] or None,
        end_session_endpoint=more["end_session_endpoint"] or None,
        says_who=said.get("authorization_response_iss_parameter_supported") is True,
        by_post="client_secret_basic" not in methods,
    )


def is_safe(url: str) -> bool:
    """Whether nobody on the way can read along: HTTPS, or this very computer."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_here(host))


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
