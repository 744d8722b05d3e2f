"""Everything that can happen to some cars, at once and for as long as it is let."""

import asyncio
from collections.abc import Awaitable, Callable

from tests.hand import Hand

from thingdesk import cases, decisions, fulfilment
from thingdesk.cases import Case, CaseFilter, Report, State
from thingdesk.fulfilment import JobState
from thingdesk.notices import Recipient
from thingdesk.platform import clock, ids
from thingdesk.platform.errors import Refused
from thingdesk.signals import Signal


async def open_cases(hand: Hand, name: str) -> list[Case]:
    async with hand.database.transaction() as tx:
        found = await cases.search(tx, CaseFilter(subject=name))
    return [one for one in found if one.state is not State.ENDED]


def report(name: str, given: dict[str, str]) -> Report:
    event = str(ids.new())
    return Report(name, event, event.encode(), clock.now(), "vehicle.repair", given, name)


class Bustle:
    """Reports, signals, diagnosis, journeys and answers, all at once, until it is over."""

    def __init__(self, hand: Hand, names: list[str]) -> None:
        self.hand = hand
        self.names = names
        self.over = asyncio.Event()
        self.done = 0

    async def go_on(self, act: Callable[[int], Awaitable[object]]) -> None:
        """What comes too late is refused; the rest must not fail at all."""
        turn = 0
        while not self.over.is_set():
            turn += 1
            try:
                await act(turn)
            except Refused:
                continue
            self.done += 1

    async def report(self, turn: int) -> None:
        group = [report(name, {"code": f"P03{turn % 20:02d}"}) for name in self.names]
        async with self.hand.database.transaction() as tx:
            await self.hand.flow.take_reports(tx, group)

    async def signal(self, turn: int) -> None:
        codes = ("P0301", "P0420") if turn % 7 < 4 else ()
        group = [
            Signal(name, str(ids.new()), b"", clock.now(), {"speed": 50.0}, codes)
            for name in self.names
        ]
        async with self.hand.database.transaction() as tx:
            await self.hand.flow.take_signals(tx, group)

    async def diagnose(self, _: int) -> None:
        async with self.hand.database.transaction() as tx:
            await self.hand.flow.diagnose(tx)

    async def work(self, _: int) -> None:
        await self.hand.engine(20).once()

    async def answer(self, _: int) -> None:
        for name in self.names:
            for case in await open_cases(self.hand, name):
                async with self.hand.database.transaction() as tx:
                    asked = await decisions.of_case(tx, case.id)
                    jobs = await fulfilment.jobs_of(tx, case.id)
                for one in asked:
                    if one.state is decisions.State.OPEN and one.question.owner_id:
                        who = Recipient.owner(one.question.owner_id)
                        first = one.question.options[0].id
                        async with self.hand.database.transaction() as tx:
                            await decisions.answer(tx, one.question.id, first, who)
                for job in jobs:
                    if job.state is JobState.OFFERED:
                        async with self.hand.database.transaction() as tx:
                            await fulfilment.accept(tx, job.id, job.offer.provider)
