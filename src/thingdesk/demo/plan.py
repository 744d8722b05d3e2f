"""Who there is and what breaks when: the same at every run. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

How = Literal["code", "told", "hot", "cold"]
"""How a fault shows: a trouble code in the signals, one that the car reports by itself, a hot
engine, or a cold press.
"""
Band = Literal["on", "off", "deaf"]
"""A machine's network: there, gone, or up but not down, so that no receipt comes."""
Manner = Literal["accept", "decline", "silent"]

CITY = (52.52, 13.40)


@dataclass(frozen=True, slots=True)
class Fault:
    """What breaks `at` so many seconds, and how its case is to end."""

    at: float
    how: How
    words: str
    code: str | None = None
    outcome: str = "verified"


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine and its part. `place` is in kilometres north and east of the city's middle.

    `reports` are made beside its own fault: (second, event id, service, input, subject).
    """

    id: str
    kind: str
    owner: int | None = None
    place: tuple[float, float] = (0.0, 0.0)
    fault: Fault | None = None
    network: tuple[tuple[float, Band], ...] = ()
    reports: tuple[tuple[float, str | None, str, Mapping[str, Any], str | None], ...] = ()
    over_http: bool = False

    @property
    def position(self) -> tuple[float, float]:
        """Degrees of latitude and longitude."""
        return position(self.place)


@dataclass(frozen=True, slots=True)
class Owner:
    """`mandate`: what was granted beforehand; `says` answers what is asked for approval."""

    number: int
    mandate: Literal["wide", "asks before booking", "none"] = "wide"
    says: Literal["yes", "no"] = "yes"

    @property
    def email(self) -> str:
        return f"owner-{self.number}@example.org"


@dataclass(frozen=True, slots=True)
class Provider:
    """`skills` of a repair centre are those of the packs; parts are in stock for all of them."""

    name: str
    kind: str
    place: tuple[float, float]
    skills: tuple[str, ...] = ()
    manner: Manner = "accept"


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything; `groups` are the machines that share a process."""

    groups: Mapping[str, tuple[Machine, ...]]
    owners: tuple[Owner, ...]
    providers: tuple[Provider, ...]
    refused: frozenset[str] = field(default_factory=frozenset)
    """Events that are wrong on purpose, by id."""

    @property
    def machines(self) -> tuple[Machine, ...]:
        return tuple(machine for group in self.groups.values() for machine in group)

    @property
    def broken(self) -> tuple[Machine, ...]:
        """The machines that something happens to, in that order."""
        found = [machine for machine in self.machines if machine.fault]
        return tuple(sorted(found, key=lambda machine: machine.fault.at if machine.fault else 0))


def position(place: tuple[float, float]) -> tuple[float, float]:
    north, east = place
    return round(CITY[0] + north / 111.0, 6), round(CITY[1] + east / 67.7, 6)


def as_data(machine: Machine) -> dict[str, Any]:
    return asdict(machine)


def from_data(data: Mapping[str, Any]) -> Machine:
    fault = Fault(**data["fault"]) if data["fault"] else None
    return Machine(**{**data, "fault": fault, "place": tuple(data["place"])})
