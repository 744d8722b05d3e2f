from datetime import datetime

from thingdesk.cases import search_store as store
from thingdesk.cases.model import Case, CaseFilter, Outcome, OwnedCases, PartyCases, Standing
from thingdesk.platform.database import Transaction


async def search(tx: Transaction, wanted: CaseFilter) -> list[Case]:
    """A page of cases, the newest first."""
    return await store.find(tx, wanted)


async def of_owner(tx: Transaction, wanted: OwnedCases) -> list[Case]:
    """A page of an owner's cases, the newest first; nothing of when a machine was another's."""
    return await store.of_owner(tx, wanted)


async def of_party(tx: Transaction, wanted: PartyCases) -> list[Case]:
    """A page of the cases that a machine may see, the newest first."""
    return await store.of_party(tx, wanted)


async def standing(tx: Transaction, since: datetime, most: int = 1000) -> Standing:
    """The cases under way, and those that ended since then; the ids of `most` verified ones."""
    counted = await store.under_way(tx)
    ended = await store.ended(tx, since)
    return Standing(
        counted.get("open", 0),
        counted.get("verifying", 0),
        {Outcome(name): number for name, number in ended.items()},
        tuple(await store.verified(tx, since, most)),
    )
