"""Ranking providers for a need. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import asin, cos, inf, radians, sin, sqrt
from uuid import UUID

from thingdesk.parties.model import Position, Provider

# the mean radius R1 of the Geodetic Reference System 1980 (H. Moritz, Journal of Geodesy 74, 2000)
EARTH_RADIUS = 6_371_008.7714


@dataclass(frozen=True, slots=True)
class Need:
    """What a provider is needed for.

    `at` is when the work must begin; None when an appointment will be made, so that hours and
    free places of this moment do not matter.
    """

    kind: str
    skill: str | None = None
    part: str | None = None
    position: Position | None = None
    at: datetime | None = None


class Aspect(StrEnum):
    """What a provider is judged by."""

    ASKED = "asked"
    SKILL = "skill"
    PART = "part"
    HOURS = "hours"
    CAPACITY = "capacity"
    DISTANCE = "distance"


@dataclass(frozen=True, slots=True)
class Reason:
    """One aspect of the judgement, and whether it speaks for the provider, in words for people."""

    aspect: Aspect
    speaks_for: bool
    words: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a provider at the moment: jobs in hand, free parts, asked before or not."""

    provider: Provider
    busy: int = 0
    stock: int = 0
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """A provider, whether it is suitable, and why. `distance` is in metres, None if unknown."""

    provider: Provider
    distance: float | None
    reasons: tuple[Reason, ...]

    @property
    def id(self) -> UUID:
        return self.provider.id

    @property
    def suitable(self) -> bool:
        return all(reason.speaks_for for reason in self.reasons)

    @property
    def against(self) -> set[Aspect]:
        """What speaks against it."""
        return {reason.aspect for reason in self.reasons if not reason.speaks_for}

    @property
    def words(self) -> str:
        """The judgement in a sentence; for an unsuitable one only what speaks against it."""
        told = [one.words for one in self.reasons if self.suitable or not one.speaks_for]
        return f"{self.provider.name}: {', '.join(told)}"


def distance(a: Position, b: Position) -> float:
    """The great-circle distance in metres on a sphere, by the haversine formula.

    Source: R. W. Sinnott, "Virtues of the Haversine", Sky and Telescope 68 (1984), p. 159. The
    earth is no sphere: up to 0.6 % off.
    """
    lat_a, lat_b = radians(a.lat), radians(b.lat)
    half_lat, half_lon = (lat_b - lat_a) / 2, radians(b.lon - a.lon) / 2
    square = sin(half_lat) ** 2 + cos(lat_a) * cos(lat_b) * sin(half_lon) ** 2
    return 2 * EARTH_RADIUS * asin(min(1.0, sqrt(square)))


def rank(need: Need, standings: Iterable[Standing]) -> list[Candidate]:
    """The suitable providers first, each group by distance; equally far ones by name."""
    judged = [judge(need, one) for one in standings]
    return sorted(judged, key=_order)


_NONE_LEFT = {
    Aspect.SKILL: "none of them has the skill {skill}",
    Aspect.PART: "none of them has {part} in stock",
    Aspect.HOURS: "none of them is open now",
    Aspect.CAPACITY: "none of them has a place free now (capacity)",
    Aspect.ASKED: "all of them were asked before",
}


def why_none(need: Need, candidates: Sequence[Candidate]) -> str:
    """Why none of some unsuitable candidates is suitable: the first aspect that leaves none."""
    left = list(candidates)
    for aspect, words in _NONE_LEFT.items():
        left = [one for one in left if aspect not in one.against]
        if not left:
            said = words.format(skill=need.skill, part=need.part)
            return f"of {len(candidates)} registered {said}"
    return "none is suitable"


def _order(candidate: Candidate) -> tuple[bool, float, str]:
    far = inf if candidate.distance is None else candidate.distance
    return not candidate.suitable, far, candidate.provider.name


def judge(need: Need, standing: Standing) -> Candidate:
    """What speaks for a provider and what against it."""
    provider = standing.provider
    away = distance(need.position, provider.position) if need.position else None
    reasons = [
        _asked(standing),
        _skill(need, provider),
        _part(need, standing),
        *_moment(need.at, standing),
        _distance(away),
    ]
    return Candidate(provider, away, tuple(one for one in reasons if one))


def _asked(standing: Standing) -> Reason | None:
    return Reason(Aspect.ASKED, False, "was asked before") if standing.asked else None


def _skill(need: Need, provider: Provider) -> Reason | None:
    if need.skill is None:
        return None
    skilled = need.skill in provider.skills
    words = f"{'knows' if skilled else 'does not know'} {need.skill}"
    return Reason(Aspect.SKILL, skilled, words)


def _part(need: Need, standing: Standing) -> Reason | None:
    if need.part is None:
        return None
    number = str(standing.stock) if standing.stock else "no"
    return Reason(Aspect.PART, standing.stock > 0, f"has {number} {need.part} in stock")


def _moment(at: datetime | None, standing: Standing) -> list[Reason]:
    if at is None:
        return []
    provider = standing.provider
    is_open = provider.hours.open_at(at, provider.zone)
    free = max(0, provider.capacity - standing.busy)
    return [
        Reason(Aspect.HOURS, is_open, "is open then" if is_open else "is closed then"),
        Reason(Aspect.CAPACITY, free > 0, f"has {free} of {provider.capacity} places free"),
    ]


def _distance(away: float | None) -> Reason | None:
    return None if away is None else Reason(Aspect.DISTANCE, True, f"is {away / 1000:.1f} km away")
