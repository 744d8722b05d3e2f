from collections import Counter
from collections.abc import Collection, Sequence
from uuid import UUID

from thingdesk.fulfilment.parts.model import Reservation, ReservationState, StockLine
from thingdesk.platform import clock
from thingdesk.platform.database import Row, Transaction, columns

_Line = tuple[UUID, str]
_STOCK = """
select s.* from part_stock s join unnest($1::uuid[], $2::text[]) as t (provider, part)
    on s.provider = t.provider and s.part = t.part
order by s.provider, s.part
"""
_LOCK_STOCK = f"{_STOCK} for update of s"
_WRITE_OFF = f"""
with locked as materialized ({_LOCK_STOCK})
update part_stock s set quantity = s.quantity - t.quantity
from unnest($1::uuid[], $2::text[], $3::integer[]) as t (provider, part, quantity)
join locked l on l.provider = t.provider and l.part = t.part
where s.provider = t.provider and s.part = t.part
"""  # noqa: S608 - constants
_PLENTY = 1_000
"""More than all workers take of a part while one of them is at a batch, as a rule. Where it is not,
the table's check ends the batch that comes later, and it is repeated one by one.
"""
_INSERT = """
insert into part_reservation (id, case_id, provider, part, quantity, reserved_at)
select *, $6::timestamptz from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::integer[])
    as t (id, case_id, provider, part, quantity)
order by t.id
on conflict do nothing returning id
"""


async def put(tx: Transaction, rows: Sequence[tuple[UUID, str, int]]) -> None:
    await tx.execute(
        "insert into part_stock (provider, part, quantity)"
        " select * from unnest($1::uuid[], $2::text[], $3::integer[])"
        " on conflict (provider, part) do update set quantity = excluded.quantity",
        *columns(rows),
    )


async def take(tx: Transaction, wanted: Sequence[Reservation]) -> set[UUID]:
    """Take from the stock what is there, in this order; the ids of those with not enough left.

    Where all stays plenty nobody waits for another's commit: it is written off in the last moment.
    Otherwise others wait from here on, for all of it: two that began with different lines would
    wait for each other.
    """
    asked: Counter[_Line] = Counter()
    for one in wanted:
        asked[one.provider, one.part] += one.quantity
    left = await _left(tx, _STOCK, sorted(asked))
    scarce = any(free < asked[line] + _PLENTY for line, free in left.items())
    if scarce:
        left = await _left(tx, _LOCK_STOCK, sorted(asked))
    short = set()
    held: list[tuple[_Line, int]] = []
    for one in wanted:
        line = one.provider, one.part
        if left.get(line, 0) < one.quantity:
            short.add(one.id)
            continue
        left[line] -= one.quantity
        if scarce:
            held.append((line, one.quantity))
        else:
            tx.gather(_write_off, (line, one.quantity), last=True)
    await _write_off(tx, held)
    return short


async def _left(tx: Transaction, sql: str, lines: Sequence[_Line]) -> dict[_Line, int]:
    rows = await tx.fetch(sql, *columns(lines))
    left = {(row["provider"], row["part"]): row["quantity"] for row in rows}
    for line, quantity in tx.gathered(_write_off):
        if line in left:
            left[line] -= quantity
    return left


async def _write_off(tx: Transaction, taken: list[tuple[_Line, int]]) -> None:
    total: Counter[_Line] = Counter()
    for line, quantity in taken:
        total[line] += quantity
    if total:
        rows = [(*line, quantity) for line, quantity in sorted(total.items())]
        await tx.execute(_WRITE_OFF, *columns(rows))


async def give_back(tx: Transaction, provider: UUID, part: str, quantity: int) -> None:
    await tx.execute(
        "update part_stock set quantity = quantity + $3 where provider = $1 and part = $2",
        provider,
        part,
        quantity,
    )


async def insert(tx: Transaction, wanted: Sequence[Reservation]) -> set[UUID]:
    """Insert what is new; its ids."""
    rows = [(one.id, one.case_id, one.provider, one.part, one.quantity) for one in wanted]
    inserted = await tx.fetch(_INSERT, *columns(rows), clock.now())
    return {row["id"] for row in inserted}


async def delete(tx: Transaction, effect_ids: Collection[UUID]) -> None:
    await tx.execute("delete from part_reservation where id = any($1)", list(effect_ids))


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


async def free_parts(
    tx: Transaction, providers: Collection[UUID], names: Collection[str]
) -> dict[tuple[UUID, str], int]:
    """How many of each part a provider has free; where there is none, it may be missing."""
    rows = await tx.fetch(
        "select * from part_stock where provider = any($1) and part = any($2)",
        list(providers),
        list(names),
    )
    return {(row["provider"], row["part"]): row["quantity"] for row in rows}


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
