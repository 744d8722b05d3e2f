from collections.abc import Iterable, Sequence
from datetime import datetime

from thingdesk.parties import Position, seen
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.repeats import Arrival, arrivals
from thingdesk.signals import store
from thingdesk.signals.model import (
    METRICS_KEPT,
    Signal,
    Stored,
    shard_of,
    trusted_time,
)

CHANNEL = "signal"


async def take(tx: Transaction, signals: Sequence[Signal]) -> list[Arrival]:
    """Store signals of any machines, each event once; one answer a signal, in order.

    A repeated event changes nothing. The same id with other content is not stored.
    """
    if not signals:
        return []
    now = clock.now()
    new = await store.know(tx, _distinct(signals), now)
    fresh = [_received(one, now) for one in _distinct(signals) if _key(one) in new]
    if fresh:
        await store.copy(tx, [_row(one) for one in fresh])
        await store.set_latest(tx, _newest(fresh))
        await seen(tx, [(one.machine, now, _place(one)) for one in _newest(fresh)])
        tx.notify(CHANNEL)
    old = [one for one in signals if _key(one) not in new]
    hashes = await store.known(tx, old) if old else {}
    return arrivals([(_key(one), one.hash) for one in signals], new, hashes)


def _key(one: Signal) -> tuple[str, str]:
    return one.machine, one.event_id


def _distinct(signals: Iterable[Signal]) -> list[Signal]:
    """The first of each id."""
    found: dict[tuple[str, str], Signal] = {}
    for one in signals:
        found.setdefault(_key(one), one)
    return list(found.values())


def _received(one: Signal, now: datetime) -> Stored:
    at, trusted = trusted_time(one.at, now)
    return Stored(
        one.machine, one.event_id, at, trusted, now, one.values, one.codes, one.lat, one.lon
    )


def _row(one: Stored) -> tuple[object, ...]:
    return (
        shard_of(one.machine),
        one.machine,
        one.event_id,
        one.at,
        one.trusted,
        one.received_at,
        one.values,
        one.codes,
        one.lat,
        one.lon,
    )


def _newest(fresh: Iterable[Stored]) -> list[Stored]:
    """One a machine, with what each said last, in the order of the machines: they are locked so."""
    found: dict[str, Stored] = {}
    for one in sorted(fresh, key=lambda one: (one.machine, one.at)):
        before = found.get(one.machine)
        found[one.machine] = one if before is None else _merged(before, one)
    return list(found.values())


def _merged(before: Stored, after: Stored) -> Stored:
    return Stored(
        after.machine,
        after.event_id,
        after.at,
        after.trusted,
        after.received_at,
        {**before.values, **after.values} if len(before.values) <= METRICS_KEPT else after.values,
        before.codes if after.codes is None else after.codes,
        before.lat if after.lat is None else after.lat,
        before.lon if after.lon is None else after.lon,
    )


def _place(one: Stored) -> Position | None:
    return None if one.lat is None or one.lon is None else Position(one.lat, one.lon)
