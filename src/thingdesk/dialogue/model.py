"""What callers are told. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from thingdesk.cases.model import Outcome, State


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request came to: a case, or at once the outcome of an instant service; with a case the
    outcome, too, where the same was refused a moment ago. `receipt` is the desk's signed word, a
    compact JWS.
    """

    case_id: UUID | None
    outcome: dict[str, Any] | None
    receipt: str


class Branch(StrEnum):
    """What kind of answer is waited for: any, or the yes to one exact action."""

    DECISION = "decision"
    APPROVAL = "approval"


@dataclass(frozen=True, slots=True)
class Choice:
    """One possible answer, in words."""

    id: str
    words: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A question to the owner that stands. `url` is its page, where the owner says who they are."""

    id: UUID
    kind: Branch
    words: str
    choices: tuple[Choice, ...]
    deadline: datetime
    url: str


@dataclass(frozen=True, slots=True)
class Promised:
    """A promise by its name: when it is due, and when it was kept or broken. `due` None: its clock
    stands still.
    """

    name: str
    due: datetime | None
    kept: datetime | None
    broken: datetime | None


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case, as its caller is told of it. `version` changes with whatever is told; `told` is the
    number of the latest entry of its timeline, `hops` through how many hands its requests had gone,
    `said` what its reporters said beside the input, the first one first. Whoever passes on what
    they are told of it says `onward`.
    """

    id: UUID
    subject: str
    reporter: str
    service: str
    title: str
    input: dict[str, Any]
    state: State
    outcome: Outcome | None
    words: str | None
    data: dict[str, Any] | None
    opened_at: datetime
    ended_at: datetime | None
    reports: int
    promises: tuple[Promised, ...]
    waiting: tuple[Waiting, ...]
    told: int
    hops: int = 0
    said: tuple[dict[str, Any], ...] = ()

    @property
    def onward(self) -> int:
        return self.hops + 1

    @property
    def version(self) -> str:
        return f"{self.told}-{self.reports}"

    @property
    def ended(self) -> bool:
        return self.state is State.ENDED


@dataclass(frozen=True, slots=True)
class CasePage:
    """Cases, the newest first; `further` goes on after them, None where there are none."""

    cases: tuple[CaseView, ...]
    further: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """What happened to a case: an entry of its timeline, with what of it is the caller's to know.
    `number` grows; `kind` is one of docs/reference/events.md.
    """

    number: int
    at: datetime
    kind: str
    words: str
    data: dict[str, Any]
