"""How it stands with hooks, by what is due there."""

from collections.abc import Sequence
from datetime import datetime

from thingdesk.hooks.delivery_store import COLUMNS, delivery_of
from thingdesk.hooks.model import LASTS, Standing
from thingdesk.hooks.store import hook_of
from thingdesk.platform.database import Row, Transaction

# what staff had sent again is tried anew: its time counts from then
_IN_VAIN = "state = 'waiting' and attempts > 0 and problem is not null"
_WAITS = f"""
select hook_id, count(*) as waiting, min(until) filter (where {_IN_VAIN}) as until
from hook_delivery where state = 'waiting'
"""  # noqa: S608 - of constants
_OF_MACHINE = f"""
select {COLUMNS}, w.waiting, w.until as tried_until
from hook h
left join lateral ({_WAITS} and hook_id = h.id group by hook_id) w on true
left join lateral (
    select * from hook_delivery where hook_id = h.id and attempts > 0
    order by tried_at desc nulls last limit 1) d on true
where h.machine = $1 and h.ended_at is null
order by w.until nulls last, h.made_at desc, h.id desc limit $2
"""  # noqa: S608 - of constants
_FAILING = f"""
select {COLUMNS}, w.waiting, w.until as tried_until
from ({_WAITS} group by hook_id) w
join hook h on h.id = w.hook_id and h.ended_at is null
join lateral (
    select * from hook_delivery where hook_id = h.id and {_IN_VAIN} order by until, id limit 1
) d on true
where w.until <= $1
order by w.until, h.id limit $2
"""  # noqa: S608 - of constants
_NUMBER = f"""
select count(distinct hook_id) from hook_delivery where {_IN_VAIN} and until <= $1
"""  # noqa: S608 - of constants


async def of_machine(tx: Transaction, machine: str, most: int) -> list[Standing]:
    return _standings(await tx.fetch(_OF_MACHINE, machine, most))


async def failing(tx: Transaction, since: datetime, most: int) -> list[Standing]:
    """Where something is tried in vain since then or longer; of each what is tried for longest."""
    return _standings(await tx.fetch(_FAILING, since + LASTS, most))


async def number_failing(tx: Transaction, since: datetime) -> int:
    number: int = await tx.fetchval(_NUMBER, since + LASTS)
    return number


def _standings(rows: Sequence[Row]) -> list[Standing]:
    return [
        Standing(
            hook_of(row),
            delivery_of(row) if row["delivery"] else None,
            row["waiting"] or 0,
            row["tried_until"] - LASTS if row["tried_until"] else None,
        )
        for row in rows
    ]
