"""The rows of turns and hops."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

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
_NOTE = """
insert into dialogue_hops as h (case_id, hops, noted_at) values ($1, $2, $3)
on conflict (case_id) do update
set hops = greatest(h.hops, excluded.hops), noted_at = excluded.noted_at
"""
KEPT = (
    Kept("dialogue_turn", "begun_at", LASTS),
    Kept("dialogue_hops", "noted_at", timedelta(days=400)),
)
"""Turns, for as long as they count; hops, for as long as somebody may be told of their case."""


async def take(tx: Transaction, machine: str, context: str, now: datetime) -> int:
    """The how manieth turn of the day in this context it is."""
    turns: int = await tx.fetchval(_TAKE, machine, context, now, now - LASTS)
    return turns


async def note_hops(tx: Transaction, case_id: UUID, hops: int, now: datetime) -> None:
    await tx.execute(_NOTE, case_id, hops, now)


async def hops_of(tx: Transaction, case_ids: Collection[UUID]) -> dict[UUID, int]:
    """Through how many hands the requests for these cases had gone; whoever is told of one is one
    hand further. What is not named came from its machine itself.
    """
    rows = await tx.fetch(
        "select case_id, hops from dialogue_hops where case_id = any($1)", list(case_ids)
    )
    return {row["case_id"]: row["hops"] for row in rows}
