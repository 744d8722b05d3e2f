"""The names of budgets: whose money, and for what. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from thingdesk.mandates.action import Action, Spent
from thingdesk.mandates.model import Mandate, Payer
from thingdesk.platform.money import Money

Budget = tuple[str, str]
"""A scope and a currency."""
CASES = "XXX"
"""No currency, in ISO 4217: a budget in it counts cases."""
_ONE = Money(1, CASES)


@dataclass(frozen=True, slots=True)
class Scopes:
    """The budgets that one action may draw on; None where there is none. `levels` are case and
    period of each mandate that has to permit it, `counted` those of them that count cases.
    """

    levels: tuple[tuple[str, str], ...] = ()
    organisation: str | None = None
    counted: tuple[tuple[str, str], ...] = ()
    money: bool = True

    @classmethod
    def of(
        cls, action: Action, chain: Sequence[Mandate], period: str | None, goodwill: bool
    ) -> "Scopes":
        """`period` None: there is no owner."""
        levels: tuple[tuple[str, str], ...] = ()
        counted: tuple[tuple[str, str], ...] = ()
        if period:
            owner = str(action.owner_id)
            giver = [giver_of(one) for one in chain] or [f"owner:{owner}"]
            levels = tuple(
                (f"{one}:case:{action.case_id}", f"{one}:period:{period}") for one in giver
            )
            limited = (one.terms.cases is not None for one in chain)
            counted = tuple(level for level, counts in zip(levels, limited, strict=False) if counts)
        return cls(levels, f"organisation:case:{action.case_id}" if goodwill else None, counted)

    def budgets(self, currency: str | None) -> list[Budget]:
        """All of them; `currency` is that of the action's amount, if it has one."""
        money = [name for level in self.levels for name in level]
        money += [self.organisation] if self.organisation else []
        found = [(name, currency) for name in money if self.money and currency]
        return found + [(name, CASES) for level in self.counted for name in level]

    def spent(self, tally: "Tally", currency: str) -> Spent:
        levels = [self._level(tally, level, currency) for level in self.levels] or [Spent()]
        organisation = tally.spent(self.organisation, currency)
        return replace(levels[0], organisation=organisation, above=tuple(levels[1:]))

    def _level(self, tally: "Tally", level: tuple[str, str], currency: str) -> Spent:
        case, period = level
        known = level not in self.counted or tally.spent(case, CASES)
        return Spent(
            tally.spent(case, currency) if self.money else 0,
            tally.spent(period, currency) if self.money else 0,
            cases=0 if known else tally.spent(period, CASES),
        )

    def charged(self, payer: Payer, *, approved: bool) -> list[str]:
        """Where the money is taken from. What an owner approved comes on top of their budgets."""
        if payer is Payer.ORGANISATION:
            return [self.organisation] if self.organisation else []
        if payer is Payer.OWNER and not approved:
            return [name for level in self.levels for name in level]
        return []

    def count(self, tally: "Tally") -> list[str]:
        """The budgets in which the case is counted now, as it is one more; and `tally` knows."""
        new = [name for level in self.counted if not tally.spent(level[0], CASES) for name in level]
        tally.charge(new, _ONE)
        return new


class Tally:
    """What is spent in budgets that are locked, while one action after the other charges them."""

    def __init__(self, spent: Mapping[Budget, int]) -> None:
        self._spent = dict(spent)

    def spent(self, scope: str | None, currency: str) -> int:
        return self._spent.get((scope, currency), 0) if scope else 0

    def charge(self, scopes: Sequence[str], amount: Money) -> None:
        for scope in scopes:
            key = scope, amount.currency
            self._spent[key] = self._spent.get(key, 0) + amount.minor


def giver_of(mandate: Mandate) -> str:
    """Whose budgets those of the mandate are: the owner's, or its own."""
    return f"owner:{mandate.owner_id}" if mandate.to is None else f"mandate:{mandate.id}"


def period_scope(giver: str, period: str) -> str:
    return f"{giver}:period:{period}"
