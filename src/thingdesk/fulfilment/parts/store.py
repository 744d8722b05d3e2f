from collections.abc import Sequence
from uuid import UUID

from thingdesk.fulfilment.parts.model import Reservation, ReservationState, StockLine
from thingdesk.platform import clock
from thingdesk.platform.database import Row, Transaction


async def put(tx: Transaction, rows: Sequence[tuple[UUID, str, int]]) -> None:
    await tx.execute(
        "insert into part_stock (provider, part, quantity)"
        " select * from unnest($1::uuid[], $2::text[], $3::integer[])"
        " on conflict (provider, part) do update set quantity = excluded.quantity",
        *(list(column) for column in zip(*rows, strict=True)),
    )


async def take(tx: Transaction, provider: UUID, part: str, quantity: int) -> bool:
    """Take from the stock what is there; False when there is not enough."""
    result = await tx.execute(
        "update part_stock set quantity = quantity - $3"
        " where provider = $1 and part = $2 and quantity >= $3",
        provider,
        part,
        quantity,
    )
    return result == "UPDATE 1"


async def give_back(tx: Transaction, provider: UUID, part: str, quantity: int) -> None:
    await tx.execute(
        "update part_stock set quantity = quantity + $3 where provider = $1 and part = $2",
        provider,
        part,
        quantity,
    )


async def insert_or_lock(tx: Transaction, wanted: Reservation) -> Reservation | None:
    """Insert what is new; the earlier reservation of the same effect, if there is one."""
    result = await tx.execute(
        "insert into part_reservation (id, case_id, provider, part, quantity, reserved_at)"
        " values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
        wanted.id,
        wanted.case_id,
        wanted.provider,
        wanted.part,
        wanted.quantity,
        clock.now(),
    )
    return None if result == "INSERT 0 1" else await lock(tx, wanted.id)


async def delete(tx: Transaction, effect_id: UUID) -> None:
    await tx.execute("delete from part_reservation where id = $1", effect_id)


async def lock(tx: Transaction, effect_id: UUID) -> Reservation | None:
    row = await tx.fetchrow("select * from part_reservation where id = $1 for update", effect_id)
    return _reservation(row) if row else None


async def end(tx: Transaction, ended: Reservation) -> None:
    await tx.execute(
        "update part_reservation set state = $2, ended_at = $3 where id = $1",
        ended.id,
        ended.state.value,
        clock.now(),
    )


async def free_parts(tx: Transaction, providers: Sequence[UUID], part: str) -> dict[UUID, int]:
    """How many of a part each of the providers has free; a provider without any may be missing."""
    rows = await tx.fetch(
        "select provider, quantity from part_stock where provider = any($1) and part = $2",
        list(providers),
        part,
    )
    return {row["provider"]: row["quantity"] for row in rows}


async def stock_of(tx: Transaction, provider: UUID) -> list[StockLine]:
    """What a provider has free, by part."""
    rows = await tx.fetch(
        "select provider, part, quantity from part_stock where provider = $1 order by part",
        provider,
    )
    return [StockLine(row["provider"], row["part"], row["quantity"]) for row in rows]


async def parts_of(tx: Transaction, case_id: UUID) -> list[Reservation]:
    """What was ever set aside for a case, the oldest first."""
    rows = await tx.fetch(
        "select * from part_reservation where case_id = $1 order by reserved_at, id", case_id
    )
    return [_reservation(row) for row in rows]


def _reservation(row: Row) -> Reservation:
    return Reservation(
        row["id"],
        row["case_id"],
        row["provider"],
        row["part"],
        row["quantity"],
        ReservationState(row["state"]),
    )
