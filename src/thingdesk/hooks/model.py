"""An address that a machine registered, and what is due there. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from thingdesk.platform.backoff import Backoff

CHANNEL = "hook_delivery"
"""The database channel that is notified when something is due."""
# The first pause, of which the spread may take half, is also the time that a claimer has.
BACKOFF = Backoff(timedelta(seconds=30), timedelta(hours=8))
LASTS = timedelta(days=4)
"""For how long it is tried to deliver something."""
FAILS_AFTER = timedelta(hours=1)
"""What was tried for longer in vain is no passing trouble any more: staff see it."""
MOST = 20
"""Hooks of one machine at most."""
MOST_OF_CASES = 200
"""Hooks of one machine at most that are of one case each."""
MOST_URL = 2000
_FOUR = "(?:[A-Za-z0-9+/]{4})"
SECRET = (
    rf"^whsec_(?:{_FOUR}{{8,20}}(?:{_FOUR}|[A-Za-z0-9+/]{{3}}=|[A-Za-z0-9+/]{{2}}==)?"
    rf"|{_FOUR}{{21}}[A-Za-z0-9+/]{{2}}==)$"
)
"""A secret as Standard Webhooks has it: 24 to 64 bytes in base64."""


@dataclass(frozen=True, slots=True)
class NewHook:
    """What a machine wants: to be told at `url`, in a `form` (whose wire format it is), of `kinds`
    of events (None: of all), of all its cases or of one. `mandate_id` is the one that it acts
    under, None for its own key; with this, the grant and the `keys` by which it called, it ends,
    and when one of the `tokens` is given back, not when its time is over. By its `name` one of a
    case is told apart from others of the machine; what is `shown` with each message, as headers, is
    secret. A `secret` signs what is sent; without one the hook gets its own.
    """

    machine: str
    owner_id: UUID | None
    form: str
    url: str
    kinds: frozenset[str] | None = None
    case_id: UUID | None = None
    mandate_id: UUID | None = None
    grant_id: UUID | None = None
    keys: tuple[str, ...] = ()
    name: str | None = None
    shown: Mapping[str, str] = field(default_factory=dict, repr=False)
    tokens: tuple[UUID, ...] = ()
    secret: str | None = field(default=None, repr=False)

    @property
    def host(self) -> str:
        """What staff and the timeline say of the address: the rest of it may be a secret."""
        return self.url.partition("://")[2].partition("/")[0].partition("?")[0]


@dataclass(frozen=True, slots=True)
class Hook:
    """A hook that is registered. Its `secret` signs what is sent, and is shown once."""

    id: UUID
    asked: NewHook
    secret: str = field(repr=False)
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
    """What is due at a hook. Its `id` stays the same in all attempts, the last of which began at
    `tried_at`. `problem` is what came of the last that has ended, None when it was taken.
    """

    id: UUID
    hook: Hook
    case_id: UUID
    entry: Entry
    attempts: int
    made_at: datetime
    problem: str | None = None
    settled_at: datetime | None = None
    tried_at: datetime | None = None
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with a hook: what was tried last there, None for nothing yet, how much waits,
    and since when it has been tried in vain to deliver something.
    """

    hook: Hook
    last: Delivery | None
    waiting: int
    failing_since: datetime | None
