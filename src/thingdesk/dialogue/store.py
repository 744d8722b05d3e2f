"""The rows of turns."""

from datetime import datetime, timedelta

from thingdesk.platform.database import Transaction
from thingdesk.platform.kept import Kept

LASTS = timedelta(days=1)
_TAKE = """
insert into dialogue_turn as t (machine, context, begun_at, turns) values ($1, $2, $3, 1)
on conflict (machine, context) do update
set turns = case when t.begun_at > $4 then t.turns + 1 else 1 end,
    begun_at = case when t.begun_at > $4 then t.begun_at else $3 end
returning turns
"""
KEPT = (Kept("dialogue_turn", "begun_at", LASTS),)
"""Turns, for as long as they count."""


async def take(tx: Transaction, machine: str, context: str, now: datetime) -> int:
    """The how manieth turn of the day in this context it is."""
    turns: int = await tx.fetchval(_TAKE, machine, context, now, now - LASTS)
    return turns
