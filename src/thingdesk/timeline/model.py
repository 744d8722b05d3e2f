"""Events of the timeline, the chain that they form, and checkpoints of it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, ClassVar, NamedTuple

FIRST = b""
CHECKPOINT = "thingdesk-checkpoint+jwt"


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


class Head(NamedTuple):
    """How far a stream is: its newest entry's number and hash."""

    stream: str
    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The desk's signed word on how far some streams were; whoever keeps it can show a deletion.

    `previous` is the digest of the checkpoint before it, `root` of the heads, and `signed` is a
    compact JWS that says both.
    """

    number: int
    at: datetime
    previous: bytes
    root: bytes
    signed: str
    heads: tuple[Head, ...]

    @property
    def digest(self) -> bytes:
        return sha256(self.signed.encode()).digest()

    def claims(self) -> dict[str, Any]:
        """What is signed. Of the streams it tells nothing, so it can be kept anywhere."""
        return {
            "iss": "thingdesk",
            "number": self.number,
            "at": self.at.isoformat(),
            "previous": self.previous.hex(),
            "root": self.root.hex(),
        }

    def signed_as(self, signed: str) -> "Checkpoint":
        return replace(self, signed=signed)


@dataclass(frozen=True, slots=True)
class Flaw:
    """A checkpoint that does not hold, or that the timeline does not keep to, and why."""

    number: int
    reason: str


def root(heads: Sequence[Head]) -> bytes:
    """The digest of heads, in their order."""
    found = sha256()
    for one in heads:
        found.update(f"{one.stream}\n{one.seq}\n".encode() + one.hash)
    return found.digest()


def digest(salt: bytes, text: str) -> bytes:
    """The salted digest of a value's JSON text."""
    return sha256(salt + text.encode()).digest()


def link(previous: bytes, stream: str, seq: int, at: datetime, kind: str, value: bytes) -> bytes:
    """The hash of an entry: over the one before it and everything the chain keeps of this one."""
    head = f"\n{stream}\n{seq}\n{int(at.timestamp() * 1_000_000)}\n{kind}\n".encode()
    return sha256(previous + head + value).digest()
