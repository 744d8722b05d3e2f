"""Actions, what verdicts on them rest on, and verdicts. Pure."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any
from uuid import UUID

from thingdesk.mandates.model import EVERYTHING, Answer, Mandate, Payer, fits, is_at_most, is_within
from thingdesk.platform.errors import Recovery
from thingdesk.platform.money import Money


@dataclass(frozen=True, slots=True)
class Action:
    """One effect, exactly as it would happen: whoever approves its hash approves this and no other.

    `amount` is the most that it costs, None for nothing. `again`: the same is under way for the
    machine already, so that neither safety nor a mandate permits it unasked. `mandate_id` is what
    it was asked for under; None: the owner's standing mandate. `before` is what it was asked for
    under at first, where it is the standing mandate by now: a yes of then still is one.
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
    mandate_id: UUID | None = None
    before: UUID | None = None

    @property
    def costs(self) -> bool:
        """Whether there is anything to pay."""
        return self.amount is not None and self.amount.minor != 0

    @property
    def hash(self) -> str:
        """SHA-256, in hex, over all of it: as JSON with sorted keys, without blanks, in UTF-8."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        del values["before"]
        if self.mandate_id is None:
            del values["mandate_id"]
        return sha256(_ENCODE(values).encode(errors="surrogatepass")).hexdigest()

    def approves(self, payer: Payer, under: str) -> str:
        """What a yes to it approves when `payer` is said to pay, while these versions of mandates
        are `under` it: a hash of all of that. Who permits it as it costs them nothing has not
        permitted it with their own money.
        """
        cost = "" if payer is Payer.OWNER else " at no cost"
        return sha256(f"{self.hash}{cost} under {under or 'no mandate'}".encode()).hexdigest()

    def approved_before(self, payer: Payer) -> str:
        """The same as the release before has it, whose questions may still be open."""
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

    By the owner without an approval, for the case and in the period, under one mandate; and by the
    organisation without an entitlement, for the case. `cases` is how many others there were in the
    period under the mandate; 0 when this one has been counted already. `above` is the same under
    those that the mandate was narrowed from.
    """

    case: int = 0
    period: int = 0
    organisation: int = 0
    cases: int = 0
    above: tuple["Spent", ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What a verdict rests on.

    `owner_id` is who owns the machine `now`, `owned_since` the beginning of that, `zone` theirs.
    `parents` are those that the mandate was narrowed from: none of them may object, either.
    `under_before` is what the action's `before` was narrowed from, itself first.
    """

    now: datetime
    policy: Policy
    entitlements: tuple[Entitlement, ...] = ()
    mandate: Mandate | None = None
    spent: Spent = Spent()
    owner_id: UUID | None = None
    owned_since: datetime | None = None
    parents: tuple[Mandate, ...] = ()
    zone: str = "UTC"
    under_before: tuple[Mandate, ...] = ()

    @property
    def chain(self) -> tuple[Mandate, ...]:
        """All mandates that have to permit it."""
        return (self.mandate, *self.parents) if self.mandate else ()

    @property
    def under(self) -> str:
        """Their versions: what an approval is bound to."""
        return versions_of(self.chain)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for under a mandate: that `service` becomes a case of the machine."""

    mandate_id: UUID
    reporter: str
    machine: str
    service: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer, with its reason in words for the owner, and what can be done about it. `under`
    is on which versions of mandates it rests, where it is to be asked for: a yes is bound to them.
    """

    answer: Answer
    code: str
    reason: str
    recovery: Recovery | None = None
    payer: Payer = Payer.NOBODY
    mandate_id: UUID | None = None
    mandate_version: int | None = None
    under: str = ""


def versions_of(chain: Sequence[Mandate]) -> str:
    """In a line, for what is bound to them."""
    return ",".join(f"{one.id}:{one.version}" for one in chain)


def _plain(value: object) -> object:
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else str(value)


_ENCODE = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain
).encode
