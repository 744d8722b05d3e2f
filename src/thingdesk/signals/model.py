"""Observations as they come in and as they are stored. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple
from zlib import crc32

SHARDS = 16
"""Diagnosis takes signals by shard; a machine's signals are all of one."""

METRICS_KEPT = 512
"""Beyond so many metrics, what a machine said last of each is not gathered any more."""

AHEAD = timedelta(minutes=5)
BEHIND = timedelta(days=366)


class Signal(NamedTuple):
    """One observation sent by a machine, at the machine's own time `at`.

    `codes` is None when the machine did not read its trouble codes, and empty when there are none.
    """

    machine: str
    event_id: str
    hash: bytes
    at: datetime | None
    values: Mapping[str, float]
    codes: tuple[str, ...] | None = None
    lat: float | None = None
    lon: float | None = None


class Stored(NamedTuple):
    """A signal as it was committed; `at` is the receive time where the machine's is not trusted."""

    machine: str
    event_id: str
    at: datetime
    trusted: bool
    received_at: datetime
    values: Mapping[str, float]
    codes: tuple[str, ...] | None
    lat: float | None
    lon: float | None


class Cursor(NamedTuple):
    """How far a reader has come in one shard; nothing received before `received_from` is left."""

    shard: int
    tx: int
    id: int
    received_from: datetime


def shard_of(machine: str) -> int:
    """The shard of a machine, the same in every process."""
    return crc32(machine.encode()) % SHARDS


def trusted_time(claimed: datetime | None, received: datetime) -> tuple[datetime, bool]:
    """The time to work with, and whether it is the machine's own.

    A clock that is ahead, or more than a year behind (a car after a flat battery), or silent, is
    not believed; a queue from an offline machine is.
    """
    if claimed is None or not received - BEHIND <= claimed <= received + AHEAD:
        return received, False
    return claimed, True
