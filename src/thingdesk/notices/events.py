from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from thingdesk.timeline import Event


@dataclass(frozen=True, slots=True)
class NoticeTold(Event):
    """A notice was put into the outbox. `about` is the notice's kind, `channel` how it goes out,
    `to` the machine's id or the UUID of owner, staff or provider; `words` can be erased.
    """

    kind: ClassVar[str] = "notice.told"
    notice: UUID
    about: str
    channel: str
    to_kind: str
    to: str
    words: str


@dataclass(frozen=True, slots=True)
class NoticeAcknowledged(Event):
    """The recipient has said that it has the notice, after `attempts` attempts. It may follow
    `notice.given_up`: what came late still came.
    """

    kind: ClassVar[str] = "notice.acknowledged"
    notice: UUID
    attempts: int


@dataclass(frozen=True, slots=True)
class NoticeTaken(Event):
    """Plain information was taken by the mail server, or written to the folder of mails where
    none is set, at attempt `attempts`. It says nothing about whether somebody read it.
    """

    kind: ClassVar[str] = "notice.taken"
    notice: UUID
    attempts: int


@dataclass(frozen=True, slots=True)
class NoticeGivenUp(Event):
    """No further attempt is made, and `reason` says why."""

    kind: ClassVar[str] = "notice.given_up"
    notice: UUID
    attempts: int
    reason: str
