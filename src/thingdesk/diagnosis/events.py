"""What diagnosis finds. Each docstring is the event's reference."""

from dataclasses import dataclass
from typing import Any, ClassVar

from thingdesk.timeline import Event


@dataclass(frozen=True, slots=True)
class FindingOpened(Event):
    """A rule began to hold for a machine."""

    kind: ClassVar[str] = "finding.opened"
    rule: str
    about: str
    at: str
    evidence: dict[str, Any]
    confidence: float


@dataclass(frozen=True, slots=True)
class FindingCleared(Event):
    """A rule holds no longer for a machine. That is no verification."""

    kind: ClassVar[str] = "finding.cleared"
    rule: str
    about: str
    at: str
