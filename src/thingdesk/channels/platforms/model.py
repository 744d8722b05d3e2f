"""What a platform said, and the rules by which it is translated. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from thingdesk.intake.model import Kind
from thingdesk.platform.errors import Refusal


class Source(StrEnum):
    """Where something is heard; the name by which rules and paths call it."""

    MQTT = "mqtt"
    THINGSBOARD = "thingsboard"
    HOME_ASSISTANT = "home-assistant"


@dataclass(frozen=True, slots=True)
class Heard:
    """One thing that a platform said. `parts` are named texts that rules match and put together;
    `body` is all of it. `time` is when it happened, as far as the platform itself says so.
    """

    source: Source
    parts: Mapping[str, str]
    body: Any
    about: str
    time: datetime | None = None


class Said(NamedTuple):
    """What a machine said by that: an event of one kind. `machine` may be no id at all."""

    machine: str
    kind: Kind
    event: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Topic:
    """A pattern of topics with named levels; `filter` is what a broker is asked for."""

    filter: str
    form: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Taken:
    """A value: what stands at a place in the body, or `fixed`. A number in `unit` (text that may
    name parts) is told in `into`.
    """

    at: tuple[str, ...] | None = None
    fixed: Any = None
    unit: str = ""
    into: str = ""


@dataclass(frozen=True, slots=True)
class Wording:
    """What is heard from `source` on `topic`, or whose parts match `when`, is said by `machine`."""

    source: Source
    machine: str
    topic: Topic | None = None
    when: Mapping[str, str] = field(default_factory=dict)
    time: tuple[str, ...] | None = None
    values: Mapping[str, Taken] = field(default_factory=dict)
    codes: tuple[str, ...] | None = None
    report: str = ""
    input: Mapping[str, Taken] = field(default_factory=dict)

    @property
    def by_arrival(self) -> bool:
        """Whether only its arrival says when it happened."""
        return self.source is Source.MQTT and self.time is None


@dataclass(frozen=True, slots=True)
class Map:
    """All rules, and the ids of machines that the platforms call otherwise."""

    rules: tuple[Wording, ...]
    machines: Mapping[str, str] = field(default_factory=dict)

    def of(self, source: Source) -> list[Wording]:
        return [rule for rule in self.rules if rule.source is source]


@dataclass(frozen=True, slots=True)
class NotTaken:
    """Why something was not stored that the map made words of this machine's."""

    machine: str
    refusal: Refusal

    def as_data(self) -> dict[str, Any]:
        return {"machine": self.machine, **self.refusal.as_data()}
