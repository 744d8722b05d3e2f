"""How many cases mandates still have room for."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from thingdesk import parties
from thingdesk.mandates import given_store, money_store
from thingdesk.mandates.budget import CASES, giver_of, period_scope
from thingdesk.mandates.model import period_of
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, Refusal

OVER_CASES = Refusal(
    "over_cases",
    "The owner's mandate is for a number of cases a month, and there were as many.",
    Recovery.ASK_OWNER,
)
_Level = tuple[str, str]
"""Whose budgets, and the scope of the month."""


class CaseRooms:
    """What is left of the number of cases of some mandates, and of those above them, in the month.
    It is nobody else's to take before the transaction ends that has read it.
    """

    def __init__(self, levels: Mapping[UUID, Sequence[_Level]], left: Mapping[_Level, int]) -> None:
        self._levels = levels
        self._left = dict(left)

    def take(self, mandate_id: UUID) -> bool:
        """Whether there is room for one more; then it is taken."""
        levels = self._levels.get(mandate_id, ())
        if any(self._left[one] <= 0 for one in levels):
            return False
        for one in levels:
            self._left[one] -= 1
        return True

    async def count(self, tx: Transaction, cases: Sequence[tuple[UUID, UUID]]) -> None:
        """These cases, each of a mandate, are there now."""
        counted = [
            (scope, f"{giver}:case:{case_id}")
            for mandate_id, case_id in cases
            for giver, scope in self._levels.get(mandate_id, ())
        ]
        if counted:
            await money_store.lock_budgets(tx, {(case, CASES) for _, case in counted})
            await money_store.count_cases(tx, [scope for both in counted for scope in both])


async def rooms(tx: Transaction, wanted: Collection[UUID]) -> CaseRooms:
    """The rooms of these mandates. To be read before any problem is locked: who does an effect
    holds budgets first, too.
    """
    chains = await given_store.chains(tx, wanted)
    limited = {
        asked: [one for one in chain if one.terms.cases is not None]
        for asked, chain in chains.items()
    }
    owners = {one.owner_id for chain in limited.values() for one in chain}
    zones = await parties.get_owners(tx, list(owners)) if owners else {}
    now = clock.now()
    levels: dict[UUID, list[_Level]] = {}
    most: dict[_Level, int] = {}
    for asked, chain in limited.items():
        for one in chain:
            giver = giver_of(one)
            level = giver, period_scope(giver, period_of(now, zones[one.owner_id].zone))
            levels.setdefault(asked, []).append(level)
            most[level] = one.terms.cases or 0
    spent = await money_store.lock_budgets(tx, {(scope, CASES) for _, scope in most})
    left = {level: limit - spent[level[1], CASES] for level, limit in most.items()}
    return CaseRooms(levels, left)
