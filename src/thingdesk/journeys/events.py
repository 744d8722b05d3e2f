"""What happens on a journey. Each docstring is the event's reference."""

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from thingdesk.timeline import Event


@dataclass(frozen=True, slots=True)
class JourneyStarted(Event):
    """A service began to run for the case."""

    kind: ClassVar[str] = "journey.started"
    journey: str
    service: str
    version: str


@dataclass(frozen=True, slots=True)
class JourneyFailed(Event):
    """The code of a journey raised an error that it had not raised before: type and message, and
    `where` in the service's own code (file:line) it came from. The journey is tried again.
    """

    kind: ClassVar[str] = "journey.failed"
    journey: str
    service: str
    version: str
    error: str
    where: str


@dataclass(frozen=True, slots=True)
class JourneyStuck(Event):
    """The journey failed too often, or its code no longer takes the steps that it took: a person
    has to look. It is tried again at the start of a worker, and when staff say so.
    """

    kind: ClassVar[str] = "journey.stuck"
    journey: str
    service: str
    version: str
    error: str
    where: str


@dataclass(frozen=True, slots=True)
class JourneyRetried(Event):
    """Somebody of staff, or the operator by the command, had the journey taken up again."""

    kind: ClassVar[str] = "journey.retried"
    journey: str
    service: str
    version: str
    by: str


@dataclass(frozen=True, slots=True)
class JourneyWentOn(Event):
    """The journey had failed or was stuck, and goes on."""

    kind: ClassVar[str] = "journey.went_on"
    journey: str
    service: str
    version: str


@dataclass(frozen=True, slots=True)
class EffectIntended(Event):
    """An effect is about to happen: it is permitted, for the reason given."""

    kind: ClassVar[str] = "effect.intended"
    effect: str
    name: str
    details: dict[str, Any]
    code: str
    reason: str
    payer: str | None
    minor: int | None
    currency: str | None


@dataclass(frozen=True, slots=True)
class EffectDone(Event):
    """The effect happened, with this result."""

    kind: ClassVar[str] = "effect.done"
    effect: str
    name: str
    result: Any


@dataclass(frozen=True, slots=True)
class EffectFailed(Event):
    """The effect was permitted and could not be done; nothing of it stays."""

    kind: ClassVar[str] = "effect.failed"
    effect: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class EffectAsked(Event):
    """The effect needs the owner's approval, for the reason given."""

    kind: ClassVar[str] = "effect.asked"
    effect: str
    name: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class EffectDenied(Event):
    """The effect is not permitted, for the reason given."""

    kind: ClassVar[str] = "effect.denied"
    effect: str
    name: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class EffectUndone(Event):
    """The effect was taken back: its journey could not go on, or its case was withdrawn."""

    kind: ClassVar[str] = "effect.undone"
    effect: str
    name: str


@dataclass(frozen=True, slots=True)
class Considered(Event):
    """Something was looked up or chosen that changes nothing in the world."""

    kind: ClassVar[str] = "journey.considered"
    what: str
    found: Any


@dataclass(frozen=True, slots=True)
class OwnerWrote(Event):
    """A mail came that gives the owner's address as its sender, in answer to one of the desk's; on
    the case, or on the owner's stream. Nobody has proven who wrote it. `words` can be erased.
    """

    kind: ClassVar[str] = "owner.wrote"
    owner: UUID
    words: str
