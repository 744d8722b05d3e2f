"""An address that a machine registered, and what is due there. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from thingdesk.platform.backoff import Backoff

CHANNEL = "hook_delivery"
"""The database channel that is notified when something is due."""
# The first pause, of which the spread may take half, is also the time that a claimer has.
BACKOFF = Backoff(timedelta(seconds=30), timedelta(hours=8))
LASTS = timedelta(days=4)
"""For how long it is tried to deliver something."""
MOST = 20
"""Hooks of one machine at most."""
MOST_URL = 2000


@dataclass(frozen=True, slots=True)
class NewHook:
    """What a machine wants: to be told at `url`, in a `form` (whose wire format it is), of `kinds`
    of events (None: of all), of all its cases or of one. `mandate_id` is the one that it acts
    under, None for its own key.
    """

    machine: str
    owner_id: UUID | None
    mandate_id: UUID | None
    form: str
    url: str
    kinds: frozenset[str] | None = None
    case_id: UUID | None = None

    @property
    def host(self) -> str:
        """What staff and the timeline say of the address: the rest of it may be a secret."""
        return self.url.partition("://")[2].partition("/")[0].partition("?")[0]


@dataclass(frozen=True, slots=True)
class Hook:
    """A hook that is registered. Its `secret` signs what is sent, and is shown once."""

    id: UUID
    asked: NewHook
    secret: str
    made_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Parties:
    """Whose a case is: the machines that take part in it, and their owner."""

    machines: tuple[str, ...]
    owner_id: UUID | None

    def has(self, asked: NewHook) -> bool:
        """Whether the hook may be told of it; whether it may see it is looked up then."""
        same_owner = self.owner_id is not None and asked.owner_id == self.owner_id
        return same_owner or asked.machine in self.machines


@dataclass(frozen=True, slots=True)
class Behind:
    """A case of which a hook is told up to the entry `told`, and there may be more."""

    hook: Hook
    case_id: UUID
    told: int


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a case's timeline that is to be told."""

    number: int
    kind: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is due at a hook. Its `id` stays the same in all attempts."""

    id: UUID
    hook: Hook
    case_id: UUID
    entry: Entry
    attempts: int
    made_at: datetime
    problem: str | None = None
    settled_at: datetime | None = None
