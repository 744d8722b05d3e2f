from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import pytest
from tests.fulfilment.making import at_once, happened, make_provider, overlapping

from thingdesk import fulfilment
from thingdesk.fulfilment import Appointment, AppointmentState, Slot, effects
from thingdesk.parties import Provider, WeeklyHours
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database, Transaction
from thingdesk.platform.errors import Refused

# the Sunday on which Berlin turns its clocks back is 25 October 2026
FRIDAY = datetime(2026, 10, 23, 10, 30, tzinfo=UTC)
HOURS = WeeklyHours.weekdays(time(9), time(17))


@pytest.fixture(autouse=True)
def on_a_friday() -> object:
    with clock.reading(lambda: FRIDAY):
        yield


async def workshop(database: Database, capacity: int = 2) -> Provider:
    return await make_provider(database, zone="Europe/Berlin", hours=HOURS, capacity=capacity)


async def slots(database: Database, provider: Provider, days: int = 4) -> list[Slot]:
    async with database.transaction() as tx:
        return await fulfilment.slots(tx, provider.id, clock.now(), days)


async def book(database: Database, effect_id: UUID, provider: Provider, slot: Slot) -> str:
    """The state of the appointment, or the code of the refusal."""
    async with database.transaction() as tx:
        try:
            made = await effects.book(tx, effect_id, provider.id, slot, "car-1", effect_id)
        except Refused as refused:
            # caught within the transaction: a refusal must leave it usable and empty
            return refused.refusal.code
        return made.state.value


async def test_slots_follow_the_wall_clock_of_the_place(database: Database) -> None:
    found = await slots(database, await workshop(database))
    # Friday 12:30 in Berlin (UTC+2): 13 to 17 are left; Monday (UTC+1): 9 to 17
    assert [one.start for one in found] == [
        *(datetime(2026, 10, 23, hour, tzinfo=UTC) for hour in range(11, 15)),
        *(datetime(2026, 10, 26, hour, tzinfo=UTC) for hour in range(8, 16)),
    ]
    assert all(one.end - one.start == timedelta(hours=1) and one.free == 2 for one in found)


async def test_longer_slots_fit_the_hours(database: Database) -> None:
    provider = await workshop(database)
    async with database.transaction() as tx:
        found = await fulfilment.slots(
            tx, provider.id, FRIDAY + timedelta(days=3), 1, timedelta(hours=3)
        )
    assert [one.start.hour for one in found] == [11]  # 9 has begun, and 15 to 18 is too long


async def test_a_booked_slot_has_less_room_until_it_is_cancelled(database: Database) -> None:
    provider, effect_id = await workshop(database), ids.new()
    slot = (await slots(database, provider))[0]
    assert await book(database, effect_id, provider, slot) == "booked"
    assert [one.free for one in await slots(database, provider)][:2] == [1, 2]
    for _ in range(2):
        async with database.transaction() as tx:
            gone = await effects.cancel_appointment(tx, effect_id)
        assert gone is not None
        assert gone.state is AppointmentState.CANCELLED
    assert [one.free for one in await slots(database, provider)][:2] == [2, 2]
    assert await book(database, effect_id, provider, slot) == "cancelled"
    assert await happened(database, effect_id) == ["appointment.booked", "appointment.cancelled"]
    async with database.transaction() as tx:
        assert await fulfilment.appointments_of(tx, effect_id) == [gone]
        assert await effects.cancel_appointment(tx, ids.new()) is None


async def test_a_hundred_bookings_of_a_slot_for_two(database: Database) -> None:
    provider = await workshop(database)
    slot = (await slots(database, provider))[0]
    wants = (book(database, ids.new(), provider, slot) for _ in range(100))
    assert Counter(await at_once(database, *wants)) == {"booked": 2, "slot_taken": 98}
    assert slot.start not in [one.start for one in await slots(database, provider)]


async def test_the_same_effect_at_once_and_again_books_once(database: Database) -> None:
    provider, effect_id = await workshop(database), ids.new()
    first, second, *_ = await slots(database, provider)
    wants = (book(database, effect_id, provider, one) for one in [first, second] * 10)
    assert await at_once(database, *wants) == ["booked"] * 20
    assert sorted(one.free for one in await slots(database, provider))[:2] == [1, 2]
    assert await happened(database, effect_id) == ["appointment.booked"]


async def test_the_same_effect_with_two_providers_at_once_books_once(database: Database) -> None:
    one, other = await workshop(database), await workshop(database)
    slot, effect_id = (await slots(database, one))[0], ids.new()
    wants = (book(database, effect_id, provider, slot) for provider in [one, other] * 10)
    assert await at_once(database, *wants) == ["booked"] * 20
    async with database.transaction() as tx:
        assert len(await fulfilment.appointments_of(tx, effect_id)) == 1


async def test_a_booking_waits_for_one_that_is_not_committed(database: Database) -> None:
    provider = await workshop(database, capacity=1)
    slot = (await slots(database, provider))[0]

    def take(tx: Transaction) -> Awaitable[Appointment]:
        return effects.book(tx, ids.new(), provider.id, slot, "car-1", ids.new())

    with pytest.raises(Refused, match="slot_taken"):
        await overlapping(database, take, take)


async def test_the_same_effect_overlapping_with_two_providers_is_the_first(
    database: Database,
) -> None:
    one, other = await workshop(database), await workshop(database)
    slot, effect_id = (await slots(database, one))[0], ids.new()

    def take(provider: Provider) -> Callable[[Transaction], Awaitable[Appointment]]:
        return lambda tx: effects.book(tx, effect_id, provider.id, slot, "car-1", effect_id)

    assert (await overlapping(database, take(one), take(other))).provider == one.id


async def test_slots_of_other_lengths_share_the_same_places(database: Database) -> None:
    provider = await workshop(database, capacity=1)
    async with database.transaction() as tx:
        long, *_ = await fulfilment.slots(
            tx, provider.id, FRIDAY + timedelta(hours=12), 4, timedelta(hours=2)
        )
    assert await book(database, ids.new(), provider, long) == "booked"
    half = Slot(long.start + timedelta(hours=1), long.end)
    assert await book(database, ids.new(), provider, half) == "slot_taken"
    assert await book(database, ids.new(), provider, _hours(half, 1)) == "booked"


@pytest.mark.parametrize(
    "slot",
    [
        Slot(FRIDAY - timedelta(hours=2, minutes=30), FRIDAY - timedelta(hours=1, minutes=30)),
        Slot(FRIDAY, FRIDAY + timedelta(hours=1)),
        Slot(FRIDAY + timedelta(days=1, hours=1.5), FRIDAY + timedelta(days=1, hours=2.5)),
        Slot(FRIDAY + timedelta(hours=1.5), FRIDAY + timedelta(hours=1.5)),
        Slot(FRIDAY + timedelta(hours=1.5), FRIDAY + timedelta(hours=0.5)),
    ],
    ids=["past", "off the grid", "closed", "empty", "backwards"],
)
async def test_what_is_not_offered_cannot_be_booked(database: Database, slot: Slot) -> None:
    provider = await workshop(database)
    assert await book(database, ids.new(), provider, slot) == "slot_not_offered"


async def test_an_unknown_provider_has_no_slots(database: Database) -> None:
    with pytest.raises(Refused, match="provider_unknown"):
        async with database.transaction() as tx:
            await fulfilment.slots(tx, ids.new(), FRIDAY, 1)


def _hours(slot: Slot, number: int) -> Slot:
    """The slot, `number` hours later."""
    return Slot(slot.start + timedelta(hours=number), slot.end + timedelta(hours=number))
