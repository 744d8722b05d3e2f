from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from operator import attrgetter
from uuid import UUID
from zoneinfo import ZoneInfo

from thingdesk import parties
from thingdesk.fulfilment.appointments import store
from thingdesk.fulfilment.appointments.known import unknown
from thingdesk.fulfilment.appointments.model import LENGTH, MOST_DAYS, Period, Slot, grid, with_room
from thingdesk.parties import Provider
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Refused


@dataclass(frozen=True, slots=True)
class _Wanted:
    provider: UUID
    start: datetime
    days: int
    length: timedelta


async def slots(
    tx: Transaction, provider: UUID, start: datetime, days: int, length: timedelta = LENGTH
) -> list[Slot]:
    """The free slots of a provider from `start` on, for `days` days of its zone (60 at most).

    Raises Refused `provider_unknown`.
    """
    return await tx.share(_slots, _Wanted(provider, start, min(days, MOST_DAYS), length))


async def _slots(tx: Transaction, wanted: Sequence[_Wanted]) -> list[list[Slot] | Refused]:
    """What many ask of the same provider for the same days is worked out once."""
    providers = await parties.get_providers(tx, list({one.provider for one in wanted}))
    alike: dict[tuple[UUID, date, int, timedelta], list[_Wanted]] = {}
    for one in wanted:
        if known := providers.get(one.provider):
            alike.setdefault(_days(one, known), []).append(one)
    grids = {
        key: list(grid(providers[key[0]], min(one.start for one in group), *key[2:]))
        for key, group in alike.items()
    }
    spans = {key: Period(of[0].start, of[-1].end) for key, of in grids.items() if of}
    booked = await store.booked(tx, [(key[0], span) for key, span in spans.items()])
    free = {
        key: with_room(providers[key[0]], grids[key], taken)
        for key, taken in zip(spans, booked, strict=True)
    }
    return [
        _since(one.start, free.get(_days(one, known), []))
        if (known := providers.get(one.provider))
        else unknown()
        for one in wanted
    ]


def _since(start: datetime, free: list[Slot]) -> list[Slot]:
    return free[bisect_left(free, start, key=attrgetter("start")) :]


def _days(one: _Wanted, provider: Provider) -> tuple[UUID, date, int, timedelta]:
    first = one.start.astimezone(ZoneInfo(provider.zone)).date()
    return one.provider, first, one.days, one.length
