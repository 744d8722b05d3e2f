"""A desk in the test's hand: the real flow and journeys on a real database, moved step by step."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tests import whose
from thingdesk import cases, decisions, fulfilment, journeys, notices, parties, signals, timeline
from thingdesk.cases import Answer, Case, CaseFilter, Report
from thingdesk.flow import Flow
from thingdesk.fulfilment import Evidence, Job, JobState
from thingdesk.notices import Recipient
from thingdesk.parties import NewMachine, NewOwner, NewProvider, Position, Provider
from thingdesk.platform import clock, durable, ids
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refusal
from thingdesk.signals import Signal

HERE = Position(52.52, 13.40)


@dataclass
class Hand:
    """Everything happens when it is told to."""

    database: Database
    flow: Flow

    def engine(self, batch: int = 50) -> durable.Engine:
        return durable.Engine(
            self.database, self.flow.drivers, batch=batch, tell=journeys.note_trouble
        )

    async def work(self, batch: int = 50) -> None:
        """Until nothing is left to do."""
        engine = self.engine(batch)
        # in this order: a look may come back while the batch after it is under way
        while await engine.looks.settled() + await engine.once():
            pass

    async def tick(self) -> None:
        for watch in self.flow.watches:
            async with self.database.transaction() as tx:
                await watch(tx)
        await self.work()

    async def machine(
        self, name: str, model: str, *, owner: str | None = None, **more: Any
    ) -> UUID | None:
        async with self.database.transaction() as tx:
            owned = NewOwner(f"{owner}@example.org", owner, "Europe/Berlin") if owner else None
            new = NewMachine(name, model, model, serial=name, owner=owned, position=HERE, **more)
            await parties.register(tx, [new])
            found = await whose.owner_of(tx, name)
            return found.id if found else None

    async def provider(self, name: str, kind: str, *skills: str, km: float = 1) -> Provider:
        async with self.database.transaction() as tx:
            place = Position(HERE.lat + km / 111, HERE.lon)
            return await parties.register_provider(
                tx,
                NewProvider(
                    name,
                    (kind,),
                    skills,
                    place,
                    "Europe/Berlin",
                    capacity=2,
                    email="jobs@example.org",
                ),
            )

    async def take(
        self,
        machine: str,
        service: str,
        given: dict[str, Any],
        *,
        subject: str | None = None,
        said: dict[str, Any] | None = None,
    ) -> Answer | Refusal:
        """A report is taken in, and nobody works on it yet."""
        one = Report(
            machine, str(ids.new()), b"", clock.now(), service, given, subject or machine, said=said
        )
        async with self.database.transaction() as tx:
            (answer,) = await self.flow.take_reports(tx, [one])
        return answer

    async def report(
        self, machine: str, service: str, given: dict[str, Any], **more: Any
    ) -> Answer | Refusal:
        answer = await self.take(machine, service, given, **more)
        await self.work()
        return answer

    async def opened(
        self,
        machine: str,
        service: str,
        given: dict[str, Any],
        said: dict[str, Any] | None = None,
    ) -> UUID:
        answer = await self.report(machine, service, given, said=said)
        assert isinstance(answer, Answer), answer
        assert answer.case_id
        return answer.case_id

    async def say(self, machine: str, metric: str, values: Sequence[float], **more: Any) -> None:
        await self.diagnosed(machine, metric, values, **more)
        await self.work()

    async def diagnosed(
        self,
        machine: str,
        metric: str,
        values: Sequence[float],
        *,
        start: datetime,
        every: timedelta = timedelta(minutes=1),
        codes: tuple[str, ...] | None = None,
    ) -> None:
        """Signals are taken through the rules, and nobody works on what that opens yet."""
        group = [
            Signal(machine, str(ids.new()), b"", start + n * every, {metric: value}, codes)
            for n, value in enumerate(values)
        ]
        async with self.database.transaction() as tx:
            await self.flow.take_signals(tx, group)
        await self._diagnose(len(group))

    async def _diagnose(self, signals_left: int) -> None:
        """Other tests' transactions on the same server may hold signals back for a moment."""
        async with asyncio.timeout(60):
            while signals_left > 0:
                async with self.database.transaction() as tx:
                    signals_left -= await self.flow.diagnose(tx)

    async def sell(self, machine: str, to: str | None) -> UUID | None:
        """The machine has another owner from now on; nobody has worked on anything yet."""
        async with self.database.transaction() as tx:
            new = NewOwner(f"{to}@example.org", to) if to else None
            owner = (await parties.add_owner(tx, new)).id if new else None
            await self.flow.transfer(tx, machine, owner, clock.now())
        return owner

    async def case(self, case_id: UUID) -> Case:
        async with self.database.transaction() as tx:
            found = await cases.get(tx, case_id)
        assert found
        return found

    async def case_of(self, machine: str) -> Case:
        async with self.database.transaction() as tx:
            found = await cases.search(tx, CaseFilter(subject=machine))
        assert len(found) == 1, found
        return found[0]

    async def kinds(self, case_id: UUID) -> list[str]:
        async with self.database.transaction() as tx:
            assert await timeline.verify(tx, f"case:{case_id}") is None
            return [entry.kind for entry in await timeline.read(tx, f"case:{case_id}")]

    async def offered(self, case_id: UUID) -> Job:
        """The one job of the case that waits for an answer."""
        async with self.database.transaction() as tx:
            jobs = await fulfilment.jobs_of(tx, case_id)
        (job,) = [one for one in jobs if one.state is JobState.OFFERED]
        return job

    async def accept(self, case_id: UUID) -> Job:
        job = await self.offered(case_id)
        async with self.database.transaction() as tx:
            await fulfilment.accept(tx, job.id, job.offer.provider)
        await self.work()
        return job

    async def decline(self, case_id: UUID) -> Job:
        job = await self.offered(case_id)
        async with self.database.transaction() as tx:
            await fulfilment.decline(tx, job.id, job.offer.provider, "no time")
        await self.work()
        return job

    async def finish(self, job: Job, words: str = "Fan replaced.") -> None:
        async with self.database.transaction() as tx:
            await fulfilment.done(tx, job.id, job.offer.provider, Evidence(words))
        await self.work()

    async def question(self, case_id: UUID) -> decisions.Decision:
        async with self.database.transaction() as tx:
            asked = await decisions.of_case(tx, case_id)
        (one,) = [one for one in asked if one.state is decisions.State.OPEN]
        return one

    async def answer(self, case_id: UUID, option: str) -> None:
        one = await self.question(case_id)
        assert one.question.owner_id
        async with self.database.transaction() as tx:
            who = Recipient.owner(one.question.owner_id)
            await decisions.answer(tx, one.question.id, option, who)
        await self.work()

    async def told(self, case_id: UUID) -> list[tuple[str, str]]:
        async with self.database.transaction() as tx:
            return [
                (one.notice.to.kind.value, one.notice.kind)
                for one in await notices.of_case(tx, case_id)
            ]


async def open_hand(database: Database, flow: Flow) -> Hand:
    async with database.transaction() as tx:
        await signals.make_room(tx)
    return Hand(database, flow)
