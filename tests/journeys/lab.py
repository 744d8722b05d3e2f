"""What services of tests are asked with and say, and what became of them."""

import inspect
from typing import Any
from uuid import UUID

from tests.hand import Hand

from thingdesk import journeys
from thingdesk.platform import durable
from thingdesk.sdk import Data, Outcome


class Ask(Data):
    """Nothing."""


class Told(Outcome):
    found: int = 0


def line(of: Any, text: str) -> int:
    lines, first = inspect.getsourcelines(of.function)
    return first + next(n for n, one in enumerate(lines) if text in one)


async def problem(hand: Hand, case_id: UUID) -> str:
    async with hand.database.transaction() as tx:
        runs = [one[0] for one in await journeys.of_case(tx, case_id)]
        (one,) = await durable.standing(tx, runs)
    return one.problem or ""
