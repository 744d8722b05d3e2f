"""What several journeys look up and reserve together, none of them gets twice."""

from collections import Counter
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.fulfilment.making import BERLIN, make_provider

from thingdesk import fulfilment
from thingdesk.fulfilment import Appointment, Need, Period, StockLine, effects
from thingdesk.parties import Position
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database, Transaction
from thingdesk.platform.errors import Refused

Act = Callable[[Transaction], Coroutine[Any, Any, None]]


async def together(database: Database, act: Act, count: int) -> None:
    async with database.transaction() as tx:
        await tx.together(act(tx) for _ in range(count))


async def stock_of(database: Database, *providers: UUID) -> list[int]:
    async with database.transaction() as tx:
        lines = [await fulfilment.stock_of(tx, one) for one in providers]
    return [of[0].quantity for of in lines]


@pytest.fixture
async def places(database: Database) -> tuple[str, UUID, UUID]:
    """A kind, and the two providers of it: the near one has two coils, the far one has many."""
    kind = f"kind-{ids.new()}"
    near = await make_provider(database, kinds=(kind,), position=BERLIN)
    far = await make_provider(database, kinds=(kind,), position=Position(53.5, 10))
    async with database.transaction() as tx:
        lines = [StockLine(near.id, "coil", 2), StockLine(far.id, "coil", 99)]
        await fulfilment.set_stock(tx, lines)
    return kind, near.id, far.id


async def test_who_looks_together_is_not_sent_to_the_same_last_part(
    database: Database, places: tuple[str, UUID, UUID]
) -> None:
    kind, near, far = places
    went: list[UUID] = []

    async def act(tx: Transaction) -> None:
        best, *_ = await fulfilment.nearest(tx, Need(kind, None, "coil", BERLIN))
        await effects.reserve_part(tx, ids.new(), best.id, "coil", 1, case_id=ids.new())
        went.append(best.id)

    await together(database, act, 5)
    assert Counter(went) == {near: 2, far: 3}
    assert await stock_of(database, near, far) == [0, 96]


async def test_who_looks_together_is_not_sent_to_the_same_last_place(database: Database) -> None:
    kind = f"kind-{ids.new()}"
    near = await make_provider(database, kinds=(kind,), position=BERLIN, capacity=2)
    far = await make_provider(database, kinds=(kind,), position=Position(53.5, 10))
    went: list[UUID] = []

    async def act(tx: Transaction) -> None:
        best, *_ = await fulfilment.nearest(tx, Need(kind, position=BERLIN, at=clock.now()))
        went.append(best.id)

    await together(database, act, 3)
    assert went == [near.id, near.id, far.id]


async def test_who_looks_later_sees_what_others_of_its_batch_took(
    database: Database, places: tuple[str, UUID, UUID]
) -> None:
    kind, near, far = places
    went: list[UUID] = []

    async def early(tx: Transaction) -> None:
        for _ in range(3):
            await fulfilment.slots(tx, near, clock.now(), 1)
        await effects.reserve_part(tx, ids.new(), near, "coil", 2, case_id=ids.new())

    async def late(tx: Transaction) -> None:
        best, *_ = await fulfilment.nearest(tx, Need(kind, None, "coil", BERLIN))
        went.append(best.id)

    async with database.transaction() as tx:
        await tx.together(act(tx) for act in (late, early))
    assert went == [far]


async def test_more_than_there_is_goes_to_the_first(
    database: Database, places: tuple[str, UUID, UUID]
) -> None:
    _, near, far = places
    said: list[str] = []

    async def act(tx: Transaction) -> None:
        case_id = ids.new()
        try:
            held = await effects.reserve_part(tx, case_id, near, "coil", 1, case_id=case_id)
            said.append(held.state.value)
        except Refused as refused:
            said.append(refused.refusal.code)

    await together(database, act, 3)
    assert said == ["reserved", "reserved", "part_out_of_stock"]
    assert await stock_of(database, near, far) == [0, 99]
    async with database.transaction() as tx:
        kept = await tx.fetchval("select count(*) from part_reservation where provider = $1", near)
    assert kept == 2


async def test_slots_are_the_same_whoever_else_asks(database: Database) -> None:
    one, other = await make_provider(database), await make_provider(database, capacity=2)
    now = datetime(2026, 10, 26, 10, 30, tzinfo=UTC)
    with clock.reading(lambda: now):
        async with database.transaction() as tx:
            taken, second, *_ = await fulfilment.slots(tx, one.id, now, 1)
            await effects.book(tx, ids.new(), one.id, taken, "car-1", ids.new())
    wanted = [(one.id, 1, now), (other.id, 2, now), (one.id, 1, second.end), (one.id, 3, now)]
    async with database.transaction() as tx:
        singly = [await fulfilment.slots(tx, who, at, days) for who, days, at in wanted]
        found: list[object] = []

        async def ask(who: UUID, days: int, at: datetime) -> None:
            found.append(await fulfilment.slots(tx, who, at, days))

        await tx.together(ask(*each) for each in wanted)
    assert found == singly
    assert [len(slots) for slots in singly] == [12, 37, 11, 60]
    assert {slot.free for slot in singly[1]} == {2}
    assert singly[0] == [second, *singly[2]]


async def test_a_provider_that_is_not_known_is_refused_to_the_one_who_asked(
    database: Database,
) -> None:
    known = await make_provider(database)
    said: list[bool | str] = []

    async def ask(tx: Transaction, who: UUID) -> None:
        try:
            said.append(len(await fulfilment.slots(tx, who, clock.now(), 3)) > 0)
        except Refused as refused:
            said.append(refused.refusal.code)

    async with database.transaction() as tx:
        await tx.together(ask(tx, who) for who in (known.id, ids.new()))
    assert said == [True, "provider_unknown"]


async def test_who_books_together_is_not_given_the_same_last_place(database: Database) -> None:
    small, large = await make_provider(database), await make_provider(database, capacity=9)
    async with database.transaction() as tx:
        longer, *_ = await fulfilment.slots(tx, small.id, clock.now(), 3, timedelta(hours=2))
    middle = longer.start + timedelta(hours=1)
    first, second = Period(longer.start, middle), Period(middle, longer.end)
    wanted = {
        ids.new(): (small.id, second, "booked"),
        ids.new(): (small.id, second, "slot_taken"),
        ids.new(): (small.id, longer, "slot_taken"),
        ids.new(): (large.id, second, "booked"),
        ids.new(): (ids.new(), second, "provider_unknown"),
        ids.new(): (small.id, Period(middle, middle), "slot_not_offered"),
        ids.new(): (small.id, first, "booked"),
    }
    said: dict[UUID, str] = {}

    async def act(tx: Transaction, case_id: UUID, provider: UUID, slot: Period) -> None:
        try:
            made = await effects.book(tx, case_id, provider, slot, "car-1", case_id)
            said[case_id] = made.state.value
        except Refused as refused:
            said[case_id] = refused.refusal.code

    async with database.transaction() as tx:
        await tx.together(act(tx, case_id, *one[:2]) for case_id, one in wanted.items())
    assert said == {case_id: answer for case_id, (_, _, answer) in wanted.items()}
    async with database.transaction() as tx:
        kept = [bool(await fulfilment.appointments_of(tx, one)) for one in wanted]
    assert kept == [answer == "booked" for _, _, answer in wanted.values()]


async def test_who_books_again_and_who_is_new_have_their_own_places(database: Database) -> None:
    provider, effect_id = await make_provider(database, capacity=2), ids.new()
    made: list[Appointment] = []

    async def act(tx: Transaction, one: UUID) -> None:
        made.append(await effects.book(tx, one, provider.id, slot, "car-1", one))

    async with database.transaction() as tx:
        slot, *_ = await fulfilment.slots(tx, provider.id, clock.now(), 3)
        await tx.together([act(tx, effect_id)])
    async with database.transaction() as tx:
        await tx.together(act(tx, one) for one in (effect_id, ids.new()))
    first, again, other = made
    assert first == again != other


async def test_an_effect_that_comes_twice_at_once_has_one_appointment(database: Database) -> None:
    provider, effect_id = await make_provider(database), ids.new()
    made: list[Appointment] = []

    async def act(tx: Transaction) -> None:
        made.append(await effects.book(tx, effect_id, provider.id, slot, "car-1", effect_id))

    async with database.transaction() as tx:
        slot, *_ = await fulfilment.slots(tx, provider.id, clock.now(), 3)
    await together(database, act, 2)
    async with database.transaction() as tx:
        assert await fulfilment.appointments_of(tx, effect_id) == made[:1] == made[1:]


async def test_an_effect_that_comes_twice_at_once_takes_its_parts_once(
    database: Database, places: tuple[str, UUID, UUID]
) -> None:
    _, near, far = places
    effect_id = ids.new()

    async def act(tx: Transaction) -> None:
        held = await effects.reserve_part(tx, effect_id, far, "coil", 3, case_id=effect_id)
        assert held.quantity == 3

    await together(database, act, 2)
    assert await stock_of(database, near, far) == [2, 96]
