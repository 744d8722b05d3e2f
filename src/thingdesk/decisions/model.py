"""What a question is, and what became of it. Pure."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from thingdesk.mandates.model import Payer
from thingdesk.notices.model import Recipient, To
from thingdesk.platform.money import Money

CHANNEL = "decision"
"""The database channel that is notified when a decision was asked or settled."""

YES, NO = "yes", "no"


class State(StrEnum):
    """`expired`: nobody answered in time. `spared`: the attention budget was used up, and the
    default was taken without asking. `withdrawn`: its case needs no answer any more.
    """

    OPEN = "open"
    ANSWERED = "answered"
    EXPIRED = "expired"
    SPARED = "spared"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Option:
    """One possible answer. `words` are for people, `data` for the journey that asks: its `start`
    and `at` are a time, in ISO 8601, and a place. `approves` is the hash of the one action that it
    permits.
    """

    id: str
    words: str
    data: dict[str, Any] = field(default_factory=dict)
    approves: str | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """What is to be paid at most, and by whom. `agreed`: the owner said yes to it before."""

    amount: Money
    payer: Payer
    agreed: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """What would be done: `words` of the service itself, `who` would do it, and when, if that is
    not what is asked: `at` a time, or `at_once`. `why` it is asked for, in words to the owner.
    """

    words: str = ""
    who: str | None = None
    at: datetime | None = None
    at_once: bool = False
    costs: tuple[Cost, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A question of run `run_id`, which waits for `key`, to the owner or to staff.

    `default` is what happens without an answer by `deadline`; None: the run is told that there
    was none. Where an answer approves an action, no answer is a no: the default approves nothing.
    Raises ValueError for a question that cannot be.
    """

    id: UUID
    case_id: UUID
    run_id: UUID
    key: str
    to: To
    owner_id: UUID | None
    words: str
    options: tuple[Option, ...]
    deadline: datetime
    default: str | None = None
    safety: bool = False
    proposal: Proposal | None = None

    def __post_init__(self) -> None:
        if self.to not in (To.OWNER, To.STAFF) or (self.to is To.OWNER and self.owner_id is None):
            raise ValueError("a question goes to an owner, who is named, or to staff")
        names = [option.id for option in self.options]
        if not names or len(set(names)) != len(names):
            raise ValueError(f"a question needs options with different ids, not {names}")
        if self.default is not None and self.default not in names:
            raise ValueError(f"the default {self.default!r} is none of the options {names}")
        if self.approves and self.default not in (None, NO):
            raise ValueError("where an answer approves, the default is no, or none")
        if any(option.approves for option in self.options if option.id == NO):
            raise ValueError("a no approves nothing")

    @property
    def approves(self) -> bool:
        """Whether an answer permits an action."""
        return any(option.approves for option in self.options)

    def option(self, name: str | None) -> Option | None:
        return next((option for option in self.options if option.id == name), None)

    def may_be_answered_by(self, who: Recipient) -> bool:
        """An owner's question by this owner alone; a question to staff by any of them."""
        if self.to is To.STAFF:
            return who.kind is To.STAFF
        return who.kind is To.OWNER and who.id == str(self.owner_id)


def yes_or_no(action: str) -> tuple[Option, ...]:
    """The answers of a plain approval of the action with the hash `action`."""
    return Option(YES, "Yes", approves=action), Option(NO, "No")


@dataclass(frozen=True, slots=True)
class Decision:
    """A question and what became of it. `chosen` is an option's id: the answer, or the default.
    The mail that has it is `notice_id`, which may have others, too; it is first sent at `mail_at`.
    """

    question: Question
    state: State
    asked_at: datetime
    notice_id: UUID | None = None
    chosen: str | None = None
    by: Recipient | None = None
    settled_at: datetime | None = None
    mail_at: datetime | None = None

    def message(self) -> dict[str, Any]:
        """What the waiting run is handed."""
        option = self.question.option(self.chosen)
        return {
            "decision": str(self.question.id),
            "state": self.state.value,
            "option": self.chosen,
            "data": option.data if option else None,
            "approves": option.approves if option else None,
            "by": f"{self.by.kind}:{self.by.id}" if self.by else None,
        }
