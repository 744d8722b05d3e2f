"""Events of the timeline and the chain that they form. Pure."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, ClassVar

FIRST = b""


class Event:
    """What happened, in the past tense. A subclass is a frozen dataclass with a `kind`."""

    kind: ClassVar[str]


@dataclass(frozen=True, slots=True)
class Entry:
    """An event as it stands on the timeline; `value` is None when it was erased."""

    stream: str
    seq: int
    at: datetime
    kind: str
    value: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of an entry: the chain's part, which is enough to show a change and not
    personal, and the value with its salt, None when it was erased.
    """

    stream: str
    seq: int
    at: datetime
    kind: str
    digest: bytes
    hash: bytes
    value: tuple[bytes, str] | None


@dataclass(frozen=True, slots=True)
class Break:
    """The first place at which a stream's chain does not hold, and why."""

    stream: str
    seq: int
    reason: str


def digest(salt: bytes, text: str) -> bytes:
    """The salted digest of a value's JSON text."""
    return sha256(salt + text.encode()).digest()


def link(previous: bytes, stream: str, seq: int, at: datetime, kind: str, value: bytes) -> bytes:
    """The hash of an entry: over the one before it and everything the chain keeps of this one."""
    head = f"\n{stream}\n{seq}\n{int(at.timestamp() * 1_000_000)}\n{kind}\n".encode()
    return sha256(previous + head + value).digest()
