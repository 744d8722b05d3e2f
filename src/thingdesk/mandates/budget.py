"""The names of budgets: whose money, and for what. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from thingdesk.mandates.model import Action, Payer, Spent


@dataclass(frozen=True, slots=True)
class Scopes:
    """The budgets that one action may draw on; None where there is none."""

    case: str | None = None
    period: str | None = None
    organisation: str | None = None

    @classmethod
    def of(cls, action: Action, period: str | None, goodwill: bool) -> "Scopes":
        """`period` None: there is no owner."""
        owner = action.owner_id
        return cls(
            case=f"owner:{owner}:case:{action.case_id}" if period else None,
            period=period_scope(str(owner), period) if period else None,
            organisation=f"organisation:case:{action.case_id}" if goodwill else None,
        )

    def names(self) -> list[str]:
        return [name for name in (self.case, self.period, self.organisation) if name]

    def spent(self, found: Mapping[str, int]) -> Spent:
        return Spent(
            found.get(self.case or "", 0),
            found.get(self.period or "", 0),
            found.get(self.organisation or "", 0),
        )

    def charged(self, payer: Payer, *, approved: bool) -> list[str]:
        """Where the money is taken from. What an owner approved comes on top of their budgets."""
        if payer is Payer.ORGANISATION:
            return [self.organisation] if self.organisation else []
        if payer is Payer.OWNER and not approved:
            return [name for name in (self.case, self.period) if name]
        return []


def period_scope(owner: str, period: str) -> str:
    return f"owner:{owner}:period:{period}"
