from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from thingdesk.timeline import Event


@dataclass(frozen=True, slots=True)
class DecisionAsked(Event):
    """A question was put `to` the case's owner, or to staff.

    `options` are the ids, `default` what happens without an answer, `approves` the hashes of the
    actions that answers permit, by option, `deadline` in ISO 8601. `words` can be erased.
    """

    kind: ClassVar[str] = "decision.asked"
    decision: UUID
    to: str
    owner: UUID | None
    words: str
    options: tuple[str, ...]
    default: str | None
    approves: dict[str, str]
    deadline: str


@dataclass(frozen=True, slots=True)
class DecisionAnswered(Event):
    """Somebody chose; `by` is like `owner:UUID` or `staff:UUID`. `approves` is the hash of the
    action that this permits, None where it permits none. `words` are those of the option, and can
    be erased.
    """

    kind: ClassVar[str] = "decision.answered"
    decision: UUID
    option: str
    by: str
    approves: str | None
    words: str


@dataclass(frozen=True, slots=True)
class DecisionExpired(Event):
    """Nobody answered by the deadline; `option` is the default that holds now, which approves
    nothing. None: the question had no default.
    """

    kind: ClassVar[str] = "decision.expired"
    decision: UUID
    option: str | None


@dataclass(frozen=True, slots=True)
class DecisionSpared(Event):
    """The owner was not asked, because the attention budget, `budget` questions in the calendar
    week that begins on `week`, was used up; the default was taken.
    """

    kind: ClassVar[str] = "decision.spared"
    decision: UUID
    owner: UUID | None
    words: str
    option: str | None
    week: str
    budget: int


@dataclass(frozen=True, slots=True)
class DecisionWithdrawn(Event):
    """The question needs no answer any more, for `reason`."""

    kind: ClassVar[str] = "decision.withdrawn"
    decision: UUID
    reason: str


@dataclass(frozen=True, slots=True)
class AttentionChosen(Event):
    """An owner chose how many questions they get in a calendar week; None: what the organisation
    set. On the owner's stream.
    """

    kind: ClassVar[str] = "attention.chosen"
    questions: int | None


@dataclass(frozen=True, slots=True)
class AttentionSet(Event):
    """The organisation set how many questions an owner gets in a calendar week. On `desk`."""

    kind: ClassVar[str] = "attention.set"
    questions: int
    by: UUID | None
