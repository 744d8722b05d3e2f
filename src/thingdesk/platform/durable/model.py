"""What a run is: its row, the messages to it, and what may stop it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID


class State(StrEnum):
    """`active` until the function returned; `stuck` when it kept failing and people must look."""

    ACTIVE = "active"
    ENDED = "ended"
    STUCK = "stuck"


class Priority:
    """Lower goes first."""

    SAFETY = 0
    NORMAL = 1


@dataclass(frozen=True, slots=True)
class Look:
    """What a run looks up outside of its transaction, and for how long at most; `key` is that of
    the message by which the run hears what was found.
    """

    key: str
    act: Callable[[], Awaitable[Any]]
    within: timedelta


class AtLine(RuntimeError):
    """An error about another line than the one that raised it: `at` is file and line."""

    def __init__(self, words: str, at: tuple[str, int]) -> None:
        super().__init__(words)
        self.at = at


@dataclass(slots=True)
class Row:
    """A run as it is stored."""

    id: UUID
    code: str
    input: Any
    journal: list[list[Any]]
    epoch: int
    state: State = State.ACTIVE
    wake_at: datetime | None = None
    waits_for: tuple[str, ...] = ()
    failures: int = 0
    told: str | None = None
    look: Look | None = None
    messages: dict[str, Any] = field(default_factory=dict)
    held: AtLine | None = None
    """That it held up all others for longer than a lease."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a run that has not ended stands. `problem` is what its last attempt failed with, when
    it has failed `failures` times in a row; `wake_at` when it is taken up next, if it has a time.
    """

    id: UUID
    code: str
    input: Any
    state: State
    waits_for: tuple[str, ...]
    wake_at: datetime | None
    failures: int
    problem: str | None


@dataclass(frozen=True, slots=True)
class Message:
    """What a wait came back with."""

    key: str
    value: Any


class Suspended(BaseException):
    """The run waits; nothing after this line happens before it is woken.

    No `Exception`, so that the code of a run cannot swallow it by accident.
    """


class Changed(RuntimeError):
    """The code of a run no longer follows the journal that it wrote: pin its version."""


class Fenced(RuntimeError):
    """Another worker has taken these runs over; nothing of this batch was committed."""
