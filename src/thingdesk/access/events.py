from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from thingdesk.timeline import Event


@dataclass(frozen=True, slots=True)
class AccessAllowed(Event):
    """An owner let a machine act for them under a mandate, by way of the application `by`, which is
    the machine itself or the address of its description. On the owner's stream.
    """

    kind: ClassVar[str] = "access.allowed"
    access: UUID
    machine: str
    mandate: UUID
    by: str


@dataclass(frozen=True, slots=True)
class AccessDenied(Event):
    """An owner did not let an application act for them. On the owner's stream."""

    kind: ClassVar[str] = "access.denied"
    by: str


@dataclass(frozen=True, slots=True)
class AccessEnded(Event):
    """What an owner had allowed ended, for `reason`, with all its tokens. On the owner's stream."""

    kind: ClassVar[str] = "access.ended"
    access: UUID
    reason: str


@dataclass(frozen=True, slots=True)
class TokenEnded(Event):
    """A machine gave back a single token before its time. On its stream."""

    kind: ClassVar[str] = "access.token_ended"
    machine: str
    token: UUID
