"""A garage in the test's hand, and the dialogue of its desk with callers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import pytest
from tests.hand import Hand
from tests.journeys.garage import MISFIRE, car
from tests.parties.making import signing, unique

from thingdesk import parties
from thingdesk.access import Caller
from thingdesk.dialogue import Dialogue
from thingdesk.intake import Intake
from thingdesk.platform.errors import Refused

PAGES = "https://desk.example"


@dataclass
class Talk:
    """A garage, and a dialogue with its desk."""

    hand: Hand
    dialogue: Dialogue
    stop: asyncio.Event

    async def car(self) -> Caller:
        """A car with a key and an owner who has given no mandate."""
        name = unique("car")
        owner = await car(self.hand, name, terms=None)
        async with self.hand.database.transaction() as tx:
            await parties.add_key(tx, name, signing(name).x)
        return Caller(name, owner)

    async def asked(self, caller: Caller) -> UUID:
        asked = await self.dialogue.ask(caller, "vehicle.repair", MISFIRE)
        assert asked.case_id
        await self.hand.work()
        return asked.case_id


@asynccontextmanager
async def talking(hand: Hand) -> AsyncIterator[Talk]:
    async with hand.database.transaction() as tx:
        key = await parties.desk_key(tx)
    stop = asyncio.Event()
    async with Intake(hand.database, hand.flow, key) as intake, asyncio.TaskGroup() as group:
        dialogue = Dialogue(hand.database, hand.flow, intake, f"{PAGES}/", stop)
        group.create_task(dialogue.run())
        yield Talk(hand, dialogue, stop)
        stop.set()


async def refused(work: object) -> str:
    with pytest.raises(Refused) as caught:
        await work  # type: ignore[misc]
    return caught.value.refusal.code
