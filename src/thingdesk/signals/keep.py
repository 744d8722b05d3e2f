from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.signals import store

_AHEAD = 3


async def make_room(tx: Transaction) -> int:
    """Make the partitions for the signals of the coming days; how many."""
    today = clock.now().astimezone(UTC).date()
    await store.lock_partitions(tx)
    there = await store.partitions(tx)
    days = [today + timedelta(days=n) for n in range(_AHEAD)]
    missing = [day for day in days if day not in there.values()]
    for day in missing:
        await store.add_partition(tx, day)
    return len(missing)


@dataclass(frozen=True, slots=True)
class Days:
    """Signals, which go by the day that they came in on, a whole one a step."""

    lasts: timedelta
    table: str = "signal"

    async def let_go(self, tx: Transaction) -> int:
        over = await self._over(tx)
        if not over:
            return 0
        await store.lock_partitions(tx)
        # another process may have been first
        over = await self._over(tx)
        if over:
            await store.drop_partition(tx, over[0])
        return len(over)

    async def overdue(self, tx: Transaction) -> timedelta | None:
        over = await self._over(tx)
        return self._before() - _end(over[0]) if over else None

    async def _over(self, tx: Transaction) -> list[date]:
        there = sorted((await store.partitions(tx)).values())
        return [day for day in there if _end(day) <= self._before()]

    def _before(self) -> datetime:
        return clock.now() - self.lasts


def _end(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), UTC)
