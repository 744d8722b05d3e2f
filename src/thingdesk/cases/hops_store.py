"""Through how many hands the requests for cases had gone, where they had gone through any."""

from collections.abc import Collection, Iterable
from uuid import UUID

from thingdesk.cases.model import Opening
from thingdesk.platform.database import Transaction, columns

_PUT = """
insert into case_hops as h (case_id, hops) select * from unnest($1::uuid[], $2::integer[])
on conflict (case_id) do update set hops = greatest(h.hops, excluded.hops)
"""


async def put(tx: Transaction, rows: Iterable[tuple[UUID, Opening]]) -> None:
    """Of all requests for a case the greatest number stays."""
    most: dict[UUID, int] = {}
    for case_id, one in rows:
        if one.hops:
            most[case_id] = max(most.get(case_id, 0), one.hops)
    if most:
        await tx.execute(_PUT, *columns(sorted(most.items())))


async def hops_of(tx: Transaction, case_ids: Collection[UUID]) -> dict[UUID, int]:
    """Through how many hands the requests for each of these cases had gone, at most; whoever is
    told of one is one hand further.
    """
    if not case_ids:
        return {}
    rows = await tx.fetch(
        "select case_id, hops from case_hops where case_id = any($1)", list(case_ids)
    )
    return dict.fromkeys(case_ids, 0) | {row["case_id"]: row["hops"] for row in rows}
