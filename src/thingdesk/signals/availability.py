"""Whether a machine's data came: the share of the expected signals, and when our intake was up."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from thingdesk import parties
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.signals import store

_APART = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Availability:
    """Of `expected` intervals of a period, `came` had at least one signal, by its own time."""

    expected: int
    came: int

    @property
    def share(self) -> float | None:
        """0 to 1; None for a period in which nothing was expected."""
        return self.came / self.expected if self.expected else None


async def availability(
    tx: Transaction, machine: str, interval: timedelta, since: datetime, until: datetime
) -> Availability:
    """The data availability of a machine that should send every `interval`."""
    expected = int((until - since) / interval)
    end = since + expected * interval
    return Availability(expected, await store.came(tx, machine, since, end, interval))


async def beat(tx: Transaction, worker: UUID) -> None:
    """Note that this worker's intake is up; to be called every two seconds.

    Beats more than ten seconds apart show that it was not up between them: it stood still, or
    reached neither the database nor the broker.
    """
    await store.beat(tx, worker, clock.now(), _APART)


async def intake_spans(tx: Transaction, since: datetime) -> list[tuple[datetime, datetime]]:
    """When our intake was up since then, a span a worker."""
    return await store.spans(tx, since)


async def present_of(tx: Transaction, machine: str) -> datetime:
    """The time after which the machine's signals are of later than this moment: now.

    For a machine that was registered as recorded, the time of its last signal and what has passed
    since. Of any other that would be wrong: the signal may come out of a queue.
    """
    now = clock.now()
    known = await parties.get_machine(tx, machine)
    last = await store.latest(tx, machine) if known and known.recorded else None
    return now if last is None else min(now, last.at + (now - last.received_at))
