"""What a notice is, and to whom it goes. Pure."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

CHANNEL = "notice"
"""The database channel that is notified when a notice was told."""


class To(StrEnum):
    """Who can be told something."""

    MACHINE = "machine"
    OWNER = "owner"
    STAFF = "staff"
    PROVIDER = "provider"


class Channel(StrEnum):
    """How a notice goes out. A machine's notices are pushed by MQTT and can be fetched by HTTP."""

    MACHINE = "machine"
    MAIL = "mail"


class State(StrEnum):
    """`taken`: plain information that a mail server took; nobody has to answer it."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    TAKEN = "taken"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class Recipient:
    """To whom. `id` is the machine's id, or the UUID of owner, staff or provider as text."""

    kind: To
    id: str

    @classmethod
    def machine(cls, machine: str) -> "Recipient":
        return cls(To.MACHINE, machine)

    @classmethod
    def owner(cls, owner: UUID) -> "Recipient":
        return cls(To.OWNER, str(owner))

    @classmethod
    def staff(cls, staff: UUID) -> "Recipient":
        return cls(To.STAFF, str(staff))

    @classmethod
    def provider(cls, provider: UUID) -> "Recipient":
        return cls(To.PROVIDER, str(provider))


@dataclass(frozen=True, slots=True)
class Page:
    """The page that a notice leads to. Its signed link is made when the notice is sent, so that
    nobody who reads the outbox can use it.
    """

    purpose: str
    subject: UUID
    until: datetime


@dataclass(frozen=True, slots=True)
class Notice:
    """What to tell. `kind` is dotted, like `case.verified`; its first word chooses the plan.

    `words` are for people and may hold text that came from a machine: data, never a format or a
    header. `data` is for machines. `until` gives up earlier than the plan would. The first
    attempt is due `after` a time, or at once.
    """

    to: Recipient
    kind: str
    words: str
    case_id: UUID | None = None
    data: dict[str, Any] = field(default_factory=dict)
    page: Page | None = None
    until: datetime | None = None
    after: datetime | None = None

    @property
    def channel(self) -> Channel:
        return Channel.MACHINE if self.to.kind is To.MACHINE else Channel.MAIL

    @property
    def stream(self) -> str:
        """The timeline's stream that its events go to: the case's, else the recipient's."""
        if self.case_id:
            return f"case:{self.case_id}"
        if self.to.kind in (To.MACHINE, To.OWNER):
            return f"{self.to.kind}:{self.to.id}"
        return "desk"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A notice in the outbox. `again_at` is when the next attempt is due: until then whoever
    claimed it has it for itself.
    """

    id: UUID
    notice: Notice
    told_at: datetime
    until: datetime
    attempts: int
    again_at: datetime
    state: State = State.OPEN
    settled_at: datetime | None = None
    reason: str | None = None
