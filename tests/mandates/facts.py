"""A usual action and what is known about it: each test changes one thing."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from thingdesk.mandates import (
    Action,
    Entitlement,
    EntitlementKind,
    Facts,
    Mandate,
    Payer,
    Policy,
    Terms,
)
from thingdesk.platform.money import Money

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = timedelta(days=1)
OWNER, OTHER, CASE, EFFECT, DECISION = (UUID(int=number) for number in range(1, 6))
CAR = "car-1"


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


ACTION = Action(EFFECT, OWNER, CAR, CASE, "vehicle.repair", "book", "replace_part", eur(10000))
TERMS = Terms(("vehicle.*",), per_case=eur(30000), per_period=eur(100000))
MANDATE = Mandate(UUID(int=9), OWNER, 3, TERMS, NOW - 5 * DAY)
FACTS = Facts(NOW, Policy(), mandate=MANDATE, owner_id=OWNER, owned_since=NOW - 9 * DAY)
WARRANTY = Entitlement(
    UUID(int=7), EntitlementKind.WARRANTY, CAR, "W1", Payer.MAKER, ("vehicle.repair",)
)
