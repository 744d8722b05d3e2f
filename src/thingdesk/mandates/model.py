"""What an owner permits, what a machine is entitled to, what the organisation allows. Pure."""

import json
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from hashlib import sha256
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from thingdesk.platform.errors import Recovery
from thingdesk.platform.money import Money

EVERYTHING = ("*",)
OWNER_CHANGED = "owner_changed"
"""The code of a verdict on what somebody asked for who is no longer the owner."""


class Answer(StrEnum):
    """May this be done: yes, if somebody who may approves it, or no."""

    ALLOW = "allow"
    ASK = "ask"
    DENY = "deny"


class Payer(StrEnum):
    """Whose money an effect costs."""

    NOBODY = "nobody"
    OWNER = "owner"
    ORGANISATION = "organisation"
    MAKER = "maker"
    INSURER = "insurer"


@dataclass(frozen=True, slots=True)
class Action:
    """One effect, exactly as it would happen: whoever approves its hash approves this and no other.

    `amount` is the most that it costs, None for nothing. `again`: the same is under way for the
    machine already, so that neither safety nor a mandate permits it unasked.
    """

    effect_id: UUID
    owner_id: UUID | None
    machine: str
    case_id: UUID
    service: str
    effect: str
    remedy: str | None = None
    amount: Money | None = None
    provider: UUID | None = None
    safety: bool = False
    again: bool = False
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def costs(self) -> bool:
        """Whether there is anything to pay."""
        return self.amount is not None and self.amount.minor != 0

    @property
    def hash(self) -> str:
        """SHA-256, in hex, over all of it: as JSON with sorted keys, without blanks, in UTF-8."""
        text = _ENCODE({one.name: getattr(self, one.name) for one in fields(self)})
        return sha256(text.encode(errors="surrogatepass")).hexdigest()

    def approves(self, payer: Payer) -> str:
        """What a yes to it approves when `payer` is said to pay: the hash of all of it, and where
        that is not the owner, another one. Who permits it as it costs them nothing has not
        permitted it with their own money.
        """
        if payer is Payer.OWNER:
            return self.hash
        return sha256(f"{self.hash} at no cost".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Approval:
    """The yes of a decision to the action with this hash, as `Action.approves` makes it. `used`: it
    has permitted it already.
    """

    decision_id: UUID
    action_hash: str
    used: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """What an owner permits without being asked.

    Services, remedies and what to ask always are names, or patterns such as `vehicle.*`;
    `always_ask` names effects or services. Without an amount no money may be spent unasked; what
    the owner approves one by one is on top of the budgets. A period is a calendar month in the
    owner's zone. `machines` None: all of the owner's, later ones too; those that are named, only
    while the ownership lasts in which the mandate was granted.
    """

    services: tuple[str, ...]
    remedies: tuple[str, ...] = EVERYTHING
    machines: tuple[str, ...] | None = None
    per_case: Money | None = None
    per_period: Money | None = None
    always_ask: tuple[str, ...] = ()
    begins: datetime | None = None
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class Mandate:
    """A version of an owner's standing permission."""

    id: UUID
    owner_id: UUID
    version: int
    terms: Terms
    granted_at: datetime
    revoked_at: datetime | None = None

    @property
    def standing(self) -> str:
        """Where it stands, as `3` or `3 revoked`: what was seen by who wants to replace it."""
        return f"{self.version} revoked" if self.revoked_at else str(self.version)

    def covers(self, service: str) -> bool:
        """Whether it is for this service."""
        return fits(service, self.terms.services)

    def is_for(self, machine: str) -> bool:
        """Whether it is for this machine of the owner's."""
        return self.terms.machines is None or machine in self.terms.machines


class EntitlementKind(StrEnum):
    """What gives it. Where several do, the law goes first, then the warranty."""

    LAW = "law"
    WARRANTY = "warranty"
    CONTRACT = "contract"


@dataclass(frozen=True, slots=True)
class Entitlement:
    """What law, warranty or contract gives a machine: the effects that `payer` pays for.

    `reference` tells one of a kind from another, such as a contract's number. Services, effects
    and remedies are names or patterns. `per_effect` is the most that is paid. With an `owner_id` it
    is this owner's alone, else it goes with the machine.
    """

    id: UUID
    kind: EntitlementKind
    machine: str
    reference: str
    payer: Payer
    services: tuple[str, ...]
    effects: tuple[str, ...] = EVERYTHING
    remedies: tuple[str, ...] = EVERYTHING
    per_effect: Money | None = None
    owner_id: UUID | None = None
    begins: datetime | None = None
    ends: datetime | None = None

    def covers(self, action: Action, now: datetime) -> bool:
        """Whether it pays for this action at this time."""
        return (
            self.machine == action.machine
            and self.owner_id in (None, action.owner_id)
            and is_within(now, self.begins, self.ends)
            and fits(action.service, self.services)
            and fits(action.effect, self.effects)
            and (action.remedy is None or fits(action.remedy, self.remedies))
            and (self.per_effect is None or is_at_most(action.amount, self.per_effect))
        )


@dataclass(frozen=True, slots=True)
class Policy:
    """What the organisation allows; names and patterns of effects or services.

    `denied`: never, whoever approves. `per_effect`: no effect costs more. `entitled_only`: only for
    machines with an entitlement. `pays`: what the organisation pays without one, up to
    `pays_per_case`; `pays_safety`: it pays so whatever is for safety, which then needs no mandate.
    `acts_for_unowned`: a machine without an owner is the organisation's own.
    """

    denied: tuple[str, ...] = ()
    per_effect: Money | None = None
    entitled_only: tuple[str, ...] = ()
    pays: tuple[str, ...] = ()
    pays_safety: bool = True
    pays_per_case: Money | None = None
    acts_for_unowned: bool = False


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """A policy as it was set; `set_by` is one of the staff, None for a command or a test."""

    version: int
    policy: Policy
    set_at: datetime
    set_by: UUID | None


@dataclass(frozen=True, slots=True)
class Spent:
    """Reserved and spent so far, in minor units of the action's currency.

    By the owner without an approval, for the case and in the period; and by the organisation
    without an entitlement, for the case.
    """

    case: int = 0
    period: int = 0
    organisation: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """What a verdict rests on.

    `owner_id` is who owns the machine `now`, `owned_since` the beginning of that.
    """

    now: datetime
    policy: Policy
    entitlements: tuple[Entitlement, ...] = ()
    mandate: Mandate | None = None
    spent: Spent = Spent()
    owner_id: UUID | None = None
    owned_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer, with its reason in words for the owner, and what can be done about it."""

    answer: Answer
    code: str
    reason: str
    recovery: Recovery | None = None
    payer: Payer = Payer.NOBODY
    mandate_id: UUID | None = None
    mandate_version: int | None = None


def _plain(value: object) -> object:
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else str(value)


_ENCODE = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain
).encode


def fits(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether a name is one of these, or fits a pattern of them."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def is_within(now: datetime, begins: datetime | None, ends: datetime | None) -> bool:
    return (begins is None or begins <= now) and (ends is None or now < ends)


def is_at_most(amount: Money | None, limit: Money) -> bool:
    """Whether an amount is within a limit; one of another currency is not."""
    return amount is None or (amount.currency == limit.currency and amount <= limit)


def period_of(now: datetime, zone: str) -> str:
    """The period of a budget: the calendar month in the owner's zone, such as `2026-11`."""
    return f"{now.astimezone(ZoneInfo(zone)):%Y-%m}"
