"""Who there is: machines, owners, staff and providers. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

MACHINE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
# when a machine was heard is noted so often, and for each such part of its interval
NOTED_EVERY, NOTED_PART = timedelta(seconds=30), 20
_MOST_LAT, _MOST_LON = 90.0, 180.0
_DAYS = 7
_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Position:
    """A place in degrees of WGS 84. Raises ValueError for one that is not on the globe."""

    lat: float
    lon: float

    def __post_init__(self) -> None:
        # written so that NaN fails too
        if not (abs(self.lat) <= _MOST_LAT and abs(self.lon) <= _MOST_LON):
            raise ValueError(f"{self.lat}, {self.lon} is no place: -90 to 90, -180 to 180 degrees")


@dataclass(frozen=True, slots=True)
class NewOwner:
    """An owner as they are registered; the e-mail address tells one from another."""

    email: str
    name: str
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Owner:
    """A human for whom machines act. `zone` is an IANA name; `email` None once it was erased. Of
    their signed links those are good that were signed at `links_since` or later.
    """

    id: UUID
    name: str
    email: str | None
    zone: str
    links_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewMachine:
    """A machine as it is registered.

    `key` is the `x` of its Ed25519 public key (RFC 8037: base64url, 32 bytes). `owned_since` is
    the beginning of the first ownership, by default the time of registration. `recorded` is for one
    whose signals come out of a recording: its present is the time of its last signal.
    """

    id: str
    kind: str
    model: str = ""
    serial: str | None = None
    key: str | None = None
    expected_interval: timedelta | None = None
    owner: NewOwner | None = None
    owned_since: datetime | None = None
    position: Position | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    recorded: bool = False


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine customer. `position_at` is None where the position is the registered one.

    `last_signal` is about when its last signal came, `last_said` when it last said anything else.
    """

    id: str
    kind: str
    model: str
    serial: str | None
    attributes: Mapping[str, Any]
    expected_interval: timedelta | None
    position: Position | None
    position_at: datetime | None
    last_signal: datetime | None
    last_said: datetime | None
    registered_at: datetime
    recorded: bool = False

    @property
    def heard_by(self) -> datetime | None:
        """The latest time at which its last signal may have come: when is noted in steps."""
        part = (self.expected_interval or timedelta.max) / NOTED_PART
        return self.last_signal and self.last_signal + min(NOTED_EVERY, part)

    @property
    def last_seen(self) -> datetime | None:
        """When it was last heard, whatever it said."""
        return max((at for at in (self.last_signal, self.last_said) if at), default=None)


@dataclass(frozen=True, slots=True)
class MachineFilter:
    """Which machines to find: all conditions hold. A page goes on after the id `after`."""

    kind: str | None = None
    model: str | None = None
    owner_id: UUID | None = None
    words: str | None = None
    after: str = ""
    most: int = 50


@dataclass(frozen=True, slots=True)
class Registration:
    """What a registration did, by machine id."""

    new: frozenset[str]
    changed: frozenset[str]
    unchanged: frozenset[str]


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line of a file that cannot be used, counted from 1, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Ownership:
    """The period in which a machine is an owner's: from `begins`, up to but not with `ends`."""

    machine: str
    owner_id: UUID
    begins: datetime
    ends: datetime | None


@dataclass(frozen=True, slots=True)
class MachineKey:
    """A public key of a machine; `kid` is its RFC 7638 thumbprint."""

    kid: str
    machine: str
    x: str
    added_at: datetime
    revoked_at: datetime | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Link:
    """What a signed link is about; it is `owner`'s where an owner got it, and ends at `until`."""

    subject: UUID
    owner: UUID | None
    until: datetime


class Sighting(NamedTuple):
    """That a machine was heard at `at`, and where it then said it was."""

    machine: str
    at: datetime
    position: Position | None = None


class Role(StrEnum):
    """What staff may do: run the desk, answer for the services, or work on cases."""

    ADMIN = "admin"
    LEADER = "leader"
    AGENT = "agent"


@dataclass(frozen=True, slots=True)
class Staff:
    """One of the people of the organisation. `ready` once they can log in: by a password, or as an
    issuer vouches for them.
    """

    id: UUID
    email: str
    name: str
    roles: frozenset[Role]
    ready: bool
    has_password: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From `opens` to `closes`, minutes after local midnight of `weekday` (Monday is 0)."""

    weekday: int
    opens: int
    closes: int

    def __post_init__(self) -> None:
        if not (0 <= self.weekday < _DAYS and 0 <= self.opens < self.closes <= _MINUTES):
            raise ValueError(
                f"{self} is no span of a day: weekday 0 to 6, 0 <= opens < closes <= 1440 minutes"
            )


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """The spans of a week in which somebody works; none of them overlaps another."""

    spans: tuple[Span, ...]

    def __post_init__(self) -> None:
        ordered = sorted(self.spans)
        for one, following in pairwise(ordered):
            if one.weekday == following.weekday and following.opens < one.closes:
                raise ValueError(f"{one} and {following} overlap")

    @classmethod
    def always(cls) -> "WeeklyHours":
        """Day and night."""
        return cls(tuple(Span(day, 0, _MINUTES) for day in range(_DAYS)))

    @classmethod
    def weekdays(cls, opens: time, closes: time) -> "WeeklyHours":
        """Monday to Friday."""
        return cls(tuple(Span(day, _minutes(opens), _minutes(closes)) for day in range(5)))

    def on(self, day: date, zone: str) -> tuple[tuple[datetime, datetime], ...]:
        """The spans of the local date `day`, in UTC; a day that the clock shortens is shorter."""
        spans = sorted(span for span in self.spans if span.weekday == day.weekday())
        return tuple(
            (opens, closes)
            for span in spans
            if (opens := _instant(day, span.opens, zone))
            < (closes := _instant(day, span.closes, zone))
        )

    def open_at(self, at: datetime, zone: str) -> bool:
        """Whether `at` is within the hours."""
        day = at.astimezone(ZoneInfo(zone)).date()
        return any(opens <= at < closes for opens, closes in self.on(day, zone))

    def as_data(self) -> list[list[int]]:
        return [[span.weekday, span.opens, span.closes] for span in sorted(self.spans)]

    @classmethod
    def from_data(cls, data: list[Any]) -> "WeeklyHours":
        return cls(tuple(Span(*one) for one in data))


@dataclass(frozen=True, slots=True)
class NewProvider:
    """A provider as they are registered; the name tells one from another.

    `capacity` is the number of jobs at the same time.
    """

    name: str
    kinds: tuple[str, ...]
    skills: tuple[str, ...]
    position: Position
    zone: str = "UTC"
    hours: WeeklyHours = field(default_factory=WeeklyHours.always)
    capacity: int = 1
    webhook_url: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Provider(NewProvider):
    """Who does physical work. `webhook_secret` signs what goes to `webhook_url`."""

    id: UUID = field(kw_only=True)
    webhook_secret: str = field(kw_only=True, repr=False)


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def _instant(day: date, minutes: int, zone: str) -> datetime:
    # on the wall: at 09:00 the door opens, however long the night was
    wall = datetime.combine(day, time()) + timedelta(minutes=minutes)
    return wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
