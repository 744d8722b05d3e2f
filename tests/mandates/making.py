"""Actions, owners and mandates for the tests."""

from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import UUID

from thingdesk import mandates, parties
from thingdesk.mandates import Action, Answer, Mandate, Terms, Verdict
from thingdesk.parties import NewMachine, NewOwner
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database
from thingdesk.platform.money import Money

_numbers = count(1)


def euros(amount: float) -> Money:
    return Money(round(amount * 100), "EUR")


@dataclass
class Party:
    """An owner with a machine, and how they act."""

    database: Database
    owner_id: UUID
    machine: str

    def action(self, **changed: Any) -> Action:
        usual: dict[str, Any] = {
            "effect_id": ids.new(),
            "owner_id": self.owner_id,
            "machine": self.machine,
            "case_id": ids.new(),
            "service": "vehicle.repair",
            "effect": "book",
            "amount": euros(100),
        }
        return Action(**{**usual, **changed})

    async def grant(self, **terms: Any) -> Mandate:
        usual = {"services": ("vehicle.*",), "per_case": euros(300), "per_period": euros(1000)}
        async with self.database.transaction() as tx:
            return await mandates.grant(tx, self.owner_id, Terms(**{**usual, **terms}))

    async def check(self, action: Action, approval: mandates.Approval | None = None) -> Verdict:
        async with self.database.transaction() as tx:
            return await mandates.check(tx, action, approval)

    async def code(self, action: Action, approval: mandates.Approval | None = None) -> str:
        return (await self.check(action, approval)).code

    async def spent(self) -> list[Money]:
        async with self.database.transaction() as tx:
            return await mandates.spent_in_period(tx, self.owner_id, clock.now())

    async def allowed(self, action: Action) -> None:
        verdict = await self.check(action)
        assert verdict.answer is Answer.ALLOW, verdict


async def a_party(database: Database, zone: str = "Europe/Berlin") -> Party:
    name = f"car-{next(_numbers)}"
    owner = NewOwner(f"{name}@example.org", name, zone)
    async with database.transaction() as tx:
        await parties.register(tx, [NewMachine(name, "car", owner=owner)])
        found = await parties.owner_by_email(tx, owner.email)
    assert found
    return Party(database, found.id, name)
