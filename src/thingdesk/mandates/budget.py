"""The names of budgets: whose money, and for what. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from thingdesk.mandates.model import Action, Payer, Spent
from thingdesk.platform.money import Money

Budget = tuple[str, str]
"""A scope and a currency."""


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

    def spent(self, tally: "Tally", currency: str) -> Spent:
        return Spent(
            tally.spent(self.case, currency),
            tally.spent(self.period, currency),
            tally.spent(self.organisation, currency),
        )

    def charged(self, payer: Payer, *, approved: bool) -> list[str]:
        """Where the money is taken from. What an owner approved comes on top of their budgets."""
        if payer is Payer.ORGANISATION:
            return [self.organisation] if self.organisation else []
        if payer is Payer.OWNER and not approved:
            return [name for name in (self.case, self.period) if name]
        return []


class Tally:
    """What is spent in budgets that are locked, while one action after the other charges them."""

    def __init__(self, spent: Mapping[Budget, int]) -> None:
        self._spent = dict(spent)

    def spent(self, scope: str | None, currency: str) -> int:
        return self._spent.get((scope, currency), 0) if scope else 0

    def charge(self, scopes: Sequence[str], amount: Money) -> None:
        for scope in scopes:
            self._spent[scope, amount.currency] += amount.minor


def period_scope(owner: str, period: str) -> str:
    return f"owner:{owner}:period:{period}"
