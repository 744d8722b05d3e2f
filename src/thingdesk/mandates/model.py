"""What an owner permits, standing or given to one machine, and the words of verdicts. Pure."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from uuid import UUID
from zoneinfo import ZoneInfo

from thingdesk.parties.model import WeeklyHours
from thingdesk.platform.money import Money

EVERYTHING = ("*",)
MOST_DEPTH = 5
"""How often what is given can be passed on, at most."""


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
class Terms:
    """What an owner permits without being asked.

    Services, remedies and what to ask always are names, or patterns such as `vehicle.*`;
    `always_ask` names effects or services. Without an amount no money may be spent unasked; what
    the owner approves one by one is on top of the budgets, and what costs more than
    `approval_above` is asked for within them, too. A period is a calendar month in the owner's
    zone; `cases` is how many of them in it. `machines` None: all of the owner's, later ones too;
    those that are named, only while the ownership lasts in which the mandate was granted.
    `providers` are names or ids, None for any. `times` are of the week in the owner's zone, None
    for any. `depth` says how often it may be passed on.
    """

    services: tuple[str, ...]
    remedies: tuple[str, ...] = EVERYTHING
    machines: tuple[str, ...] | None = None
    per_case: Money | None = None
    per_period: Money | None = None
    always_ask: tuple[str, ...] = ()
    begins: datetime | None = None
    ends: datetime | None = None
    cases: int | None = None
    approval_above: Money | None = None
    providers: tuple[str, ...] | None = None
    times: WeeklyHours | None = None
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Mandate:
    """A version of an owner's permission: the standing one, for what their machines ask for by
    their own keys, or one given `to` a machine. `parent` is the mandate that it was narrowed from.
    `signed` is the desk's countersignature, a compact JWS, where that was read with it.
    """

    id: UUID
    owner_id: UUID
    version: int
    terms: Terms
    granted_at: datetime
    revoked_at: datetime | None = None
    to: str | None = None
    parent: UUID | None = None
    signed: str | None = field(default=None, repr=False, compare=False)

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

    def is_live(self, now: datetime) -> bool:
        """Whether it permits anything at this time."""
        return self.revoked_at is None and is_within(now, self.terms.begins, self.terms.ends)


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
