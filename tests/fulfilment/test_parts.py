import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from tests.fulfilment.making import at_once, happened, overlapping

from thingdesk import fulfilment
from thingdesk.fulfilment import Reservation, ReservationState, StockLine, effects
from thingdesk.platform import ids
from thingdesk.platform.database import Database, Transaction
from thingdesk.platform.errors import Refused


async def stocked(database: Database, quantity: int) -> UUID:
    provider = ids.new()
    async with database.transaction() as tx:
        await fulfilment.set_stock(tx, [StockLine(provider, "coil", quantity)])
    return provider


async def free(database: Database, provider: UUID) -> int:
    async with database.transaction() as tx:
        return {line.part: line.quantity for line in await fulfilment.stock_of(tx, provider)}[
            "coil"
        ]


async def reserve(
    database: Database, effect_id: UUID, provider: UUID, quantity: int = 1, part: str = "coil"
) -> str:
    """The state of the reservation, or the code of the refusal."""
    async with database.transaction() as tx:
        try:
            held = await effects.reserve_part(
                tx, effect_id, provider, part, quantity, case_id=effect_id
            )
        except Refused as refused:
            # caught within the transaction: a refusal must leave it usable and empty
            return refused.refusal.code
        return held.state.value


async def test_reserved_released_and_free_again(database: Database) -> None:
    provider, effect_id = await stocked(database, 5), ids.new()
    assert await reserve(database, effect_id, provider, 3) == "reserved"
    assert await free(database, provider) == 2
    for _ in range(2):
        async with database.transaction() as tx:
            released = await effects.release_part(tx, effect_id)
        assert released is not None
        assert released.state is ReservationState.RELEASED
        assert await free(database, provider) == 5
    with pytest.raises(Refused, match="reservation_released"):
        async with database.transaction() as tx:
            await effects.use_part(tx, effect_id)
    assert await reserve(database, effect_id, provider, 3) == "released"
    assert await free(database, provider) == 5
    assert await happened(database, effect_id) == ["part.reserved", "part.released"]


async def test_used_parts_stay_used(database: Database) -> None:
    provider, effect_id = await stocked(database, 1), ids.new()
    await reserve(database, effect_id, provider)
    for _ in range(2):
        async with database.transaction() as tx:
            assert (await effects.use_part(tx, effect_id)).state is ReservationState.USED
    async with database.transaction() as tx:
        kept = await effects.release_part(tx, effect_id)
        (of_case,) = await fulfilment.parts_of(tx, effect_id)
    assert kept == of_case
    assert of_case.state is ReservationState.USED
    assert await free(database, provider) == 0
    assert await happened(database, effect_id) == ["part.reserved", "part.used"]


async def test_a_hundred_who_want_the_last_seven(database: Database) -> None:
    provider = await stocked(database, 7)
    wants = (reserve(database, ids.new(), provider) for _ in range(100))
    answers = Counter(await at_once(database, *wants))
    assert answers == {"reserved": 7, "part_out_of_stock": 93}
    assert await free(database, provider) == 0


async def test_the_same_effect_at_once_and_again_reserves_once(database: Database) -> None:
    provider, effect_id = await stocked(database, 5), ids.new()
    answers = await at_once(database, *(reserve(database, effect_id, provider) for _ in range(20)))
    assert answers == ["reserved"] * 20
    assert await free(database, provider) == 4
    assert await happened(database, effect_id) == ["part.reserved"]


async def test_two_releases_that_overlap_give_back_once(database: Database) -> None:
    provider, effect_id = await stocked(database, 5), ids.new()
    await reserve(database, effect_id, provider, 2)
    await overlapping(
        database,
        lambda tx: effects.release_part(tx, effect_id),
        lambda tx: effects.release_part(tx, effect_id),
    )
    assert await free(database, provider) == 5


async def test_the_same_reservation_overlapping_takes_once(database: Database) -> None:
    provider, effect_id = await stocked(database, 5), ids.new()

    def take(quantity: int) -> Callable[[Transaction], Awaitable[Reservation]]:
        return lambda tx: effects.reserve_part(
            tx, effect_id, provider, "coil", quantity, case_id=effect_id
        )

    assert (await overlapping(database, take(2), take(3))).quantity == 2
    assert await free(database, provider) == 3


async def test_a_refusal_leaves_nothing_behind_and_the_next_provider_may_do(
    database: Database,
) -> None:
    empty, full, effect_id = await stocked(database, 1), await stocked(database, 9), ids.new()
    assert await reserve(database, effect_id, empty, 2) == "part_out_of_stock"
    assert await reserve(database, effect_id, empty, 1, "belt") == "part_out_of_stock"
    assert await free(database, empty) == 1
    async with database.transaction() as tx:
        assert await effects.release_part(tx, effect_id) is None
    assert await reserve(database, effect_id, full, 2) == "reserved"
    assert await free(database, full) == 7


async def test_releases_and_reservations_at_once_keep_the_sum(database: Database) -> None:
    provider = await stocked(database, 3)

    async def borrow() -> None:
        effect_id = ids.new()
        if await reserve(database, effect_id, provider) == "reserved":
            async with database.transaction() as tx:
                await effects.release_part(tx, effect_id)

    await at_once(database, *(borrow() for _ in range(60)))
    assert await free(database, provider) == 3


@pytest.mark.parametrize("quantity", [0, -1, 2**31])
async def test_quantities_that_cannot_be_are_refused(database: Database, quantity: int) -> None:
    provider = await stocked(database, 5)
    assert await reserve(database, ids.new(), provider, quantity) == "quantity_invalid"


async def test_stock_is_set_by_whole_lists_or_not_at_all(database: Database) -> None:
    provider = await stocked(database, 5)
    lines = [StockLine(provider, "coil", 8), StockLine(provider, "belt", -1)]
    with pytest.raises(Refused) as caught:
        async with database.transaction() as tx:
            await fulfilment.set_stock(tx, lines)
    assert [one.path for one in caught.value.refusal.fields] == ["1.quantity"]
    async with database.transaction() as tx:
        await fulfilment.set_stock(tx, [])
        await fulfilment.set_stock(
            tx, [StockLine(provider, "coil", 1), StockLine(provider, "coil", 2)]
        )
    assert await free(database, provider) == 2


async def test_nothing_reserved_cannot_be_used(database: Database) -> None:
    with pytest.raises(Refused, match="reservation_unknown"):
        async with database.transaction() as tx:
            await effects.use_part(tx, ids.new())


async def test_who_takes_of_plenty_waits_for_nobody(database: Database) -> None:
    provider, one, other = await stocked(database, 2_000), ids.new(), ids.new()
    async with database.transaction() as tx:
        for effect_id, quantity in ((one, 3), (ids.new(), 4)):
            held = await effects.reserve_part(
                tx, effect_id, provider, "coil", quantity, case_id=effect_id
            )
            assert held.state is ReservationState.RESERVED
        async with asyncio.timeout(60):
            assert await reserve(database, other, provider, 5) == "reserved"
        assert await free(database, provider) == 1_995
    assert await free(database, provider) == 1_988


async def test_a_batch_takes_no_more_of_plenty_than_there_is(database: Database) -> None:
    provider = await stocked(database, 2_000)
    took: list[int] = []

    async def act(tx: Transaction, quantity: int) -> None:
        for _ in range(2):
            effect_id = ids.new()
            try:
                held = await effects.reserve_part(
                    tx, effect_id, provider, "coil", quantity, case_id=effect_id
                )
                took.append(held.quantity)
            except Refused:
                took.append(0)

    async with database.transaction() as tx:
        await tx.together(act(tx, quantity) for quantity in (400, 300, 290))
        assert took == [400, 300, 290, 400, 300, 290]
        await tx.together([act(tx, 11)])
        assert took[6:] == [11, 0]
    assert await free(database, provider) == 9
