"""What a question is, and what became of it. Pure."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from thingdesk.notices.model import Recipient, To

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
    """One possible answer. `words` are for people, `data` for the journey that asks."""

    id: str
    words: str
    data: dict[str, Any] = field(default_factory=dict)


_YES_NO = (Option(YES, "Yes"), Option(NO, "No"))


@dataclass(frozen=True, slots=True)
class Question:
    """A question of run `run_id`, which waits for `key`, to the owner or to staff.

    `default` is what happens without an answer by `deadline`; None: the run is told that there
    was none. With `approval_of`, the hash of one action, it is an approval: its options are yes
    and no, and its default is no. Raises ValueError for a question that cannot be.
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
    approval_of: str | None = None
    safety: bool = False

    def __post_init__(self) -> None:
        if self.to not in (To.OWNER, To.STAFF) or (self.to is To.OWNER and self.owner_id is None):
            raise ValueError("a question goes to an owner, who is named, or to staff")
        names = [option.id for option in self.options]
        if not names or len(set(names)) != len(names):
            raise ValueError(f"a question needs options with different ids, not {names}")
        if self.default is not None and self.default not in names:
            raise ValueError(f"the default {self.default!r} is none of the options {names}")
        if self.approval_of is not None and (set(names) != {YES, NO} or self.default != NO):
            raise ValueError("the options of an approval are yes and no, and its default is no")

    @classmethod
    def approval(
        cls,
        *,
        approval_of: str,
        id: UUID,  # noqa: A002 - the field's name
        case_id: UUID,
        run_id: UUID,
        key: str,
        owner_id: UUID,
        words: str,
        deadline: datetime,
        safety: bool = False,
    ) -> "Question":
        """Asks whether the one action with the hash `approval_of` may happen."""
        return cls(
            id=id,
            case_id=case_id,
            run_id=run_id,
            key=key,
            to=To.OWNER,
            owner_id=owner_id,
            words=words,
            options=_YES_NO,
            deadline=deadline,
            default=NO,
            approval_of=approval_of,
            safety=safety,
        )

    def option(self, name: str | None) -> Option | None:
        return next((option for option in self.options if option.id == name), None)

    def may_be_answered_by(self, who: Recipient) -> bool:
        """An owner's question by this owner alone; a question to staff by any of them."""
        if self.to is To.STAFF:
            return who.kind is To.STAFF
        return who.kind is To.OWNER and who.id == str(self.owner_id)


@dataclass(frozen=True, slots=True)
class Decision:
    """A question and what became of it. `chosen` is an option's id: the answer, or the default."""

    question: Question
    state: State
    asked_at: datetime
    notice_id: UUID | None = None
    chosen: str | None = None
    by: Recipient | None = None
    settled_at: datetime | None = None

    def message(self) -> dict[str, Any]:
        """What the waiting run is handed."""
        option = self.question.option(self.chosen)
        return {
            "decision": str(self.question.id),
            "state": self.state.value,
            "option": self.chosen,
            "data": option.data if option else None,
            "approval_of": self.question.approval_of,
            "by": f"{self.by.kind}:{self.by.id}" if self.by else None,
        }
