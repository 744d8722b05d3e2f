from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from thingdesk.parties import key_store
from thingdesk.parties import machine_store as store
from thingdesk.parties.model import NOTED_EVERY, Machine, MachineFilter, Position, Sighting
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction

_MOST = 1000
_LOOKED_AT = 5
"""So many machines are looked at for each that may be found."""


async def get_machine(tx: Transaction, machine: str) -> Machine | None:
    return await tx.share(_get, machine)


async def _get(tx: Transaction, machines: Sequence[str]) -> list[Machine | None]:
    found = await store.get_many(tx, machines)
    return [found.get(one) for one in machines]


async def get_machines(tx: Transaction, machines: Sequence[str]) -> dict[str, Machine]:
    """Those of `machines` that the desk knows, by id."""
    return await store.get_many(tx, machines)


async def kinds_of(tx: Transaction, machines: Sequence[str]) -> dict[str, str]:
    """The kind of each of `machines` that the desk knows."""
    return await store.kinds(tx, machines) if machines else {}


async def hold(tx: Transaction, machines: Sequence[str]) -> dict[str, str]:
    """Keep others from transferring these machines until `tx` ends: whose they are when it is asked
    after this, they are when it commits. What is to be a case is opened so, by one at a time.
    The kind of each comes back.
    """
    return await store.lock(tx, machines) if machines else {}


async def find_machines(tx: Transaction, wanted: MachineFilter) -> list[Machine]:
    """A page of machines, ordered by id; the next one goes on `after` the last id."""
    return await store.find(tx, wanted)


async def machines_of(tx: Transaction, owner_id: UUID) -> list[Machine]:
    """The machines that act for the owner now, 1,000 at most; `find_machines` has pages."""
    return await store.find(tx, MachineFilter(owner_id=owner_id, most=_MOST))


async def overdue(
    tx: Transaction, now: datetime, times: int, after: str, most: int
) -> tuple[list[Machine], str | None]:
    """Of the next machines by id those from which nothing came for `times` expected intervals,
    `most` of them, and the id of the last machine that was looked at; None when it was the last.
    """
    last = await store.page_ends(tx, after, most * _LOOKED_AT)
    found = await store.overdue(tx, now, times, after, last, most)
    return found, found[-1].id if len(found) == most else last


async def heard_since(tx: Transaction, since: datetime) -> tuple[int, int]:
    """How many machines are registered, and how many of them were heard since then."""
    return await store.heard(tx, since)


async def recognised(tx: Transaction, machines: Sequence[str]) -> frozenset[str]:
    """Those that are registered and have a key that is not revoked, by one statement."""
    return await key_store.recognised(tx, machines)


async def keyless(tx: Transaction, machines: Sequence[str]) -> frozenset[str]:
    """Those that never had a key of their own."""
    return await key_store.keyless(tx, machines)


async def vouched(tx: Transaction, machines: Sequence[str]) -> frozenset[str]:
    """Those for which another's word is enough: they are registered, and have a key that is not
    revoked, or never had one.
    """
    return await key_store.vouched(tx, machines)


def said(tx: Transaction, machine: str) -> None:
    """Note that a machine said something that is no signal, to the half minute, so that its row is
    not written for every word. Its lock comes last, and waits for nobody.
    """
    tx.gather(_said, machine, last=True)


async def _said(tx: Transaction, machines: list[str]) -> None:
    now = clock.now()
    await store.said(tx, sorted(set(machines)), now, now - NOTED_EVERY)


async def seen(tx: Transaction, sightings: Sequence[tuple[str, datetime, Position | None]]) -> None:
    """Note (machine, at, position) of all that was heard, by one statement.

    Machines that the desk does not know are passed over. `last_signal` and the position only move
    forward, and never beyond the present; the first is noted to the half minute, and to a twentieth
    of the machine's interval.
    """
    now = clock.now()
    latest: dict[str, Sighting] = {}
    placed: dict[str, Sighting] = {}
    for told in sightings:
        machine, at, position = told
        one = Sighting(machine, min(at, now), position)
        for kept, counts in ((latest, True), (placed, one.position is not None)):
            if counts and (one.machine not in kept or one.at >= kept[one.machine].at):
                kept[one.machine] = one
    heard = {name: (one.at, placed.get(name)) for name, one in latest.items()}
    await store.seen(tx, heard)
