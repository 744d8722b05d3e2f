"""Which questions go in which mail. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from thingdesk.decisions.model import Question

TOGETHER = timedelta(minutes=10)
_SOON = timedelta(hours=2)
"""What has to be answered within it is not kept waiting."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to an owner that is due at `at`, and the questions that are new in it; `notice` where
    it is in the outbox already.
    """

    owner: UUID
    at: datetime
    notice: UUID | None = None
    questions: tuple[Question, ...] = ()


def plan(questions: Iterable[Question], last: Mapping[UUID, Letter], now: datetime) -> list[Letter]:
    """The mails for these questions to owners; `last` is the newest of each owner with a question
    that is still open.
    """
    letters: list[Letter] = []
    newest: dict[UUID, int] = {}
    for one in questions:
        owner = one.owner_id
        if owner is None:
            continue
        mine = newest.get(owner)
        before = last.get(owner) if mine is None else letters[mine]
        if one.safety or one.deadline - now < _SOON or before is None:
            letters.append(Letter(owner, now, questions=(one,)))
        elif before.at <= now:
            letters.append(Letter(owner, before.at + TOGETHER, questions=(one,)))
        elif mine is None:
            letters.append(replace(before, questions=(one,)))
        else:
            letters[mine] = replace(before, questions=(*before.questions, one))
            continue
        if not one.safety:
            newest[owner] = len(letters) - 1
    return letters
