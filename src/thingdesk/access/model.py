"""Callers and what they show; who asks owners to let them act, and what they were given. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from thingdesk.mandates.model import Mandate, Terms


class Surface(StrEnum):
    """A door of the desk. A token is made for one of them, and no good at the others."""

    HTTP = "http"
    MCP = "mcp"
    A2A = "a2a"
    MQTT = "mqtt"

    def at(self, base: str) -> str:
        """Its address, which is the audience of its tokens; `base` is that of the desk."""
        return f"{base.rstrip('/')}/{_PATHS[self]}"

    @property
    def lasts(self) -> timedelta:
        """How long a token for it is good."""
        return _LONG if self is Surface.MQTT else _SHORT


_PATHS = {Surface.HTTP: "v1", Surface.MCP: "mcp", Surface.A2A: "a2a", Surface.MQTT: "mqtt"}
_SHORT = timedelta(minutes=10)
# a session outlives its token, and is ended when that is revoked
_LONG = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a call rests on: keys and mandate, a grant and tokens, and that its `machines` are the
    owner's. Whatever goes on after the call ends with any of them.
    """

    machines: tuple[str, ...] = ()
    owner_id: UUID | None = None
    keys: tuple[str, ...] = ()
    mandate_id: UUID | None = None
    grant_id: UUID | None = None
    tokens: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the `machine` that acts, and the owner it acts for, None for a machine without.

    `mandate` is what it was given for this; None: it calls by its own key, under the standing
    mandate of its owner. `grounds` are what all this rests on.
    """

    machine: str
    owner_id: UUID | None = None
    mandate: Mandate | None = None
    grounds: Grounds = field(default_factory=Grounds, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Presented:
    """What came with a call: its token, and by which `scheme` (`bearer`, or `dpop` with a `proof`
    for this `method` and `url`, of which only the path counts).
    """

    token: str = field(repr=False)
    scheme: str = "bearer"
    proof: str | None = field(default=None, repr=False)
    method: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Client:
    """An application that asks for tokens: a `machine` by its own id, or whatever says of itself
    what it is at the URL that is its id. `keys` are the public ones that it signs with; without
    one it can prove nothing, and gets tokens by an owner's word alone.
    """

    id: str
    name: str
    machine: str | None = None
    uri: str | None = None
    logo: str | None = None
    redirects: tuple[str, ...] = ()
    keys: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)

    @property
    def named(self) -> "Client":
        """What its owner is shown of it: the rest may be long."""
        return replace(self, redirects=(), keys=())


@dataclass(frozen=True, slots=True)
class Sender:
    """Of whom something waits: a machine, or a stranger's network, and then the one around it."""

    name: str
    around: str | None = None


class Asking(StrEnum):
    """How an owner is asked: by a code that the machine shows, or by their browser."""

    PAIR = "pair"
    AUTHORIZE = "authorize"


@dataclass(frozen=True, slots=True)
class Pending:
    """What waits for an owner's word: what `client` asks for, until `expires`. `redirect` is where
    their browser goes with the answer.
    """

    id: UUID
    kind: Asking
    client: Client
    asks: Terms
    surfaces: tuple[Surface, ...]
    expires: datetime
    redirect: str | None = None


@dataclass(frozen=True, slots=True)
class Browsed:
    """What a client's link to us (`base`) says, beside who it is: where to return, its own `state`,
    the PKCE challenge, and perhaps the key that the token is to be bound to.
    """

    base: str
    redirect: str
    challenge: str | None
    method: str | None
    state: str | None = None
    jkt: str | None = None


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What came of an owner's word. `redirect` is where their browser goes now, if anywhere."""

    redirect: str | None = None
    machine: str | None = None
    mandate: Mandate | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """What an owner let a machine do by way of a client; it ends for good."""

    id: UUID
    client: str
    machine: str
    owner_id: UUID
    mandate_id: UUID
    surfaces: tuple[Surface, ...]
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pairing:
    """What a machine shows its owner, and what it asks with meanwhile, not more often than every
    `pause` seconds.
    """

    device_code: str = field(repr=False)
    user_code: str = field(repr=False)
    lasts: timedelta
    pause: int


@dataclass(frozen=True, slots=True)
class Issued:
    """A token, how long it is good, whether it is bound to a key, and what it permits."""

    token: str = field(repr=False)
    lasts: timedelta
    bound: bool
    terms: Terms | None = None
    refresh: str | None = field(default=None, repr=False)
