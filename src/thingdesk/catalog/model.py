"""What can be asked for. Pure."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_SPAN = re.compile(r"(\d+)([smhd])")
NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")


def span(text: str) -> timedelta:
    """`30s`, `10m`, `8h` or `5d` as a duration. Raises ValueError."""
    found = _duration(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError(f"{text!r} is no duration: write a number and s, m, h or d, such as 10m")
    return found


@lru_cache
def _duration(text: str) -> timedelta | None:
    match = _SPAN.fullmatch(text)
    return timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else None


@dataclass(frozen=True, slots=True)
class Promise:
    """What we say by when, from the report on: the receipt, the first decision, the resolution.

    Durations are written as `30s`, `10m`, `8h`, `5d`. `business_hours` for promises made to people:
    their clock runs in business hours only.
    """

    receipt: str = "1s"
    decision: str = "1m"
    resolution: str = "5d"
    business_hours: bool = False

    def spans(self) -> dict[str, timedelta]:
        """The promised durations by name."""
        return {
            "receipt": span(self.receipt),
            "decision": span(self.decision),
            "resolution": span(self.resolution),
        }


class Stage(StrEnum):
    """How far a service is on its way from idea to live."""

    IDEA = "idea"
    PILOT = "pilot"
    LIVE = "live"


@dataclass(frozen=True, slots=True, eq=False)
class Service:
    """Something that can be asked for: a typed function and what is promised about it.

    `kinds` are the kinds of machine that it is for; without any it is for all.

    `identity` names the input fields that make the problem: two reports with the same values there
    are about one problem. `relapse` is how long after its end the same problem reopens its case.
    """

    name: str
    version: str
    title: str
    function: Callable[..., Awaitable[Any]]
    input: type[Any]
    outcome: type[Any]
    promise: Promise
    identity: tuple[str, ...]
    kinds: frozenset[str] = frozenset()
    effects: frozenset[str] = frozenset()
    instant: bool = False
    safety: bool = False
    relapse: timedelta = timedelta(days=30)
    responsible: str = "staff"
    stage: Stage = Stage.LIVE
    machines_expect: str = ""
    owners_expect: str = ""
    description: str = field(default="")

    def is_for(self, kind: str | None) -> bool:
        """Whether machines of this kind can have it."""
        return not self.kinds or kind in self.kinds

    @property
    def code(self) -> str:
        """Name and version: what a running journey is pinned to."""
        return f"{self.name}@{self.version}"


def in_words(code: str) -> str:
    """A service's `code`, for people: `vehicle.repair, version 1`."""
    return code.replace("@", ", version ")
