"""What a journey knows of its case, and what may end it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from thingdesk.cases.model import Opened, Opening
from thingdesk.mandates.model import OWNER_CHANGED
from thingdesk.platform.errors import Recovery


@dataclass(frozen=True, slots=True)
class Facts:
    """What stood when the journey began. `turn` counts the times that the case was reopened;
    `mandate_id` is what it was asked for under, None for the owner's standing mandate.
    """

    case_id: UUID
    subject: str
    owner_id: UUID | None
    service: str
    input: Mapping[str, Any]
    safety: bool
    turn: int
    mandate_id: UUID | None = None

    def as_data(self) -> dict[str, Any]:
        under = {"mandate": str(self.mandate_id)} if self.mandate_id else {}
        return {
            "case": str(self.case_id),
            "subject": self.subject,
            "owner": str(self.owner_id) if self.owner_id else None,
            "service": self.service,
            "input": dict(self.input),
            "safety": self.safety,
            "turn": self.turn,
            **under,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Facts":
        return cls(
            UUID(data["case"]),
            data["subject"],
            UUID(data["owner"]) if data["owner"] else None,
            data["service"],
            data["input"],
            data["safety"],
            data["turn"],
            UUID(data["mandate"]) if "mandate" in data else None,
        )


def about(data: Mapping[str, Any]) -> dict[str, object]:
    """What log lines and spans of the journey with these facts are about."""
    return {"case": data["case"], "machine": data["subject"]}


def facts_of(opening: Opening, opened: Opened, turn: int) -> Facts:
    """The facts of a case that is new or came back."""
    return Facts(
        opened.case_id,
        opening.subject,
        opening.owner_id,
        opening.service,
        opening.input,
        opening.safety,
        turn,
        opening.mandate_id,
    )


@dataclass(frozen=True, slots=True)
class Entry:
    """An effect as the ledger has it."""

    id: UUID
    journey_id: UUID
    step: int
    case_id: UUID
    name: str
    details: Mapping[str, Any]
    minor: int | None
    currency: str | None
    answer: str
    code: str
    reason: str
    payer: str | None
    state: str
    result: Any
    epoch: int
    at: datetime


class Stopped(Exception):
    """The journey cannot go on: what it did is taken back (of NotProven it stays), and its case
    ends with `code` and `words`. `told` is why, to providers and the machine.
    """

    recovery = Recovery.CONTACT_US
    told = "what it was part of cannot go on"

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code
        self.words = words

    @property
    def data(self) -> dict[str, Any]:
        """What the machine reads of it, in the case's outcome."""
        return {"code": self.code, "reason": self.words, "recovery": self.recovery.value}


class Denied(Stopped):
    """Entitlement, policy, mandate or the owner's answer does not permit an effect. The case ends
    as *refused*; `recovery` says what can be done.
    """

    def __init__(self, code: str, words: str, recovery: Recovery) -> None:
        super().__init__(code, words)
        self.recovery = recovery


class Failed(Stopped):
    """Something was permitted and could not be done: nobody free, no stock, no answer. The case
    ends as *refused*.
    """


class Withdrawn(Stopped):
    """The owner or staff took the request back, or the machine changed hands. The case ends as
    *withdrawn*.
    """

    def __init__(self, code: str, words: str, told: str = "it is not wanted any more") -> None:
        super().__init__(code, words)
        self.told = told


def changed_hands() -> Withdrawn:
    """Why all of a former owner's ends."""
    told = "the machine has another owner now"
    return Withdrawn(OWNER_CHANGED, "The machine has another owner now.", told)


class NotProven(Stopped):
    """The work is done, and the subject's signals did not prove recovery in time. The case ends
    as *unverified*.
    """
