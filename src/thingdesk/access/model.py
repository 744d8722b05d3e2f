"""Callers, what they show, and where they call. Pure."""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from thingdesk.mandates.model import Mandate


class Surface(StrEnum):
    """A door of the desk. A token is made for one of them, and no good at the others."""

    HTTP = "http"
    MCP = "mcp"
    A2A = "a2a"
    MQTT = "mqtt"

    def at(self, base: str) -> str:
        """Its address, which is the audience of its tokens; `base` is that of the desk."""
        return f"{base.rstrip('/')}/{_PATHS[self]}"


_PATHS = {Surface.HTTP: "v1", Surface.MCP: "mcp", Surface.A2A: "a2a", Surface.MQTT: "mqtt"}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the `machine` that acts, and the owner it acts for, None for a machine without.

    `mandate` is what it was given for this; None: it calls by its own key, under the standing
    mandate of its owner.
    """

    machine: str
    owner_id: UUID | None = None
    mandate: Mandate | None = None


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
