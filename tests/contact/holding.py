"""Owners with an assistant each, staff, and what they do about a person."""

from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any
from uuid import UUID, uuid4

from tests.cases.openings import opening

from thingdesk import cases, contact, mandates, parties, timeline
from thingdesk.cases import Opened
from thingdesk.catalog import Catalog
from thingdesk.contact import CallBacks, Hold, Place, Wanted
from thingdesk.flow import Flow
from thingdesk.mandates import Terms
from thingdesk.parties import NewMachine, NewOwner, Role, WeeklyHours
from thingdesk.platform import clock
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refusal, Refused

NUMBER = "+4930123456"
ALWAYS = CallBacks(WeeklyHours.always(), "UTC", 2)
WEEKDAYS = CallBacks(WeeklyHours.weekdays(time(9), time(17)), "Europe/Berlin", 1)
MINUTE = timedelta(minutes=1)


@dataclass
class Holding:
    """The stage, a transaction each verb."""

    database: Database
    calls: CallBacks = ALWAYS

    async def owner(self, name: str) -> tuple[UUID, str]:
        """A new owner, and the id of their assistant."""
        one = f"{name}-{uuid4().hex[:8]}"
        async with self.database.transaction() as tx:
            new = NewOwner(f"{one}@example.org", name, "Europe/Berlin")
            await parties.register(tx, [NewMachine(one, "assistant", owner=new)])
            owned = await parties.ownership_of(tx, one, clock.now())
        assert owned
        return owned.owner_id, one

    async def person(self, name: str = "agent") -> UUID:
        """One of the staff."""
        async with self.database.transaction() as tx:
            email = f"{name}-{uuid4().hex[:8]}@example.org"
            return (await parties.add_staff(tx, email, name.title(), [Role.AGENT])).id

    async def ask(
        self, owner: tuple[UUID, str], about: str = "A bill", reach: str = NUMBER, **more: Any
    ) -> Place:
        wanted = Wanted(owner[1], owner[1], owner[0], about, reach, **more)
        async with self.database.transaction() as tx:
            return await contact.ask(tx, wanted, self.calls)

    async def asked(self, name: str) -> tuple[tuple[UUID, str], UUID]:
        """A new owner who wants a person, and the hold."""
        owner = await self.owner(name)
        return owner, (await self.ask(owner)).hold

    async def see(self, owner: UUID, hold: UUID) -> Place:
        async with self.database.transaction() as tx:
            return await contact.see(tx, owner, hold, self.calls)

    async def get(self, hold: UUID) -> Hold:
        async with self.database.transaction() as tx:
            found = await contact.get(tx, hold)
        assert found
        return found

    async def take(self, staff: UUID, hold: UUID | None = None) -> Hold:
        async with self.database.transaction() as tx:
            return await contact.take(tx, staff, self.calls, hold)

    async def end(self, staff: UUID, hold: UUID, words: str = "Explained the bill.") -> Hold:
        async with self.database.transaction() as tx:
            return await contact.end(tx, staff, hold, words)

    async def miss(self, staff: UUID, hold: UUID) -> Hold:
        async with self.database.transaction() as tx:
            return await contact.miss(tx, staff, hold, self.calls)

    async def here(self, owner: tuple[UUID, str], hold: UUID) -> Hold:
        async with self.database.transaction() as tx:
            return await contact.owner_is_here(tx, owner[0], hold, owner[1])

    async def leave(self, owner: UUID, hold: UUID) -> Hold:
        async with self.database.transaction() as tx:
            return await contact.leave(tx, owner, hold, "Not wanted any more.")

    async def call_back(self, owner: UUID, hold: UUID, at: Any) -> Hold:
        async with self.database.transaction() as tx:
            return await contact.call_back(tx, owner, hold, at, self.calls)

    async def mandate(self, owner: tuple[UUID, str], **terms: Any) -> UUID:
        """What the owner lets their assistant do."""
        async with self.database.transaction() as tx:
            given = Terms(("person.*",), **terms)
            return (await mandates.grant(tx, owner[0], given, to=owner[1])).id

    async def stop(self, owner: tuple[UUID, str], mandate_id: UUID) -> None:
        async with self.database.transaction() as tx:
            await mandates.revoke(tx, owner[0], "stop", mandate_id=mandate_id)

    async def look(self) -> int:
        """What the desk does once it hears of a stop, and from time to time."""
        flow = Flow(Catalog(()), ())
        async with self.database.transaction() as tx:
            return await flow.look_after_mandated(tx)

    async def tick(self) -> int:
        """What happens because nothing happens."""
        async with self.database.transaction() as tx:
            gone = await contact.lapse(tx, self.calls)
            return gone + await contact.tell_moved(tx, self.calls)

    async def told(self, machine: str) -> list[tuple[str, dict[str, Any], str]]:
        """Kind, data and words of what a machine was told, the latest last."""
        async with self.database.transaction() as tx:
            rows = await tx.fetch(
                "select kind, data, words from notice where to_id = $1 order by told_at, id",
                machine,
            )
        return [(row["kind"], row["data"], row["words"]) for row in rows]

    async def case(self, owner: tuple[UUID, str], *, safety: bool = False) -> UUID:
        """An open case of the owner's."""
        one = opening(owner[1], owner_id=owner[0], safety=safety)
        async with self.database.transaction() as tx:
            (opened,) = await cases.open_within(tx, [one], 10)
        assert isinstance(opened, Opened)
        return opened.case_id

    async def kinds(self, stream: str) -> list[str]:
        async with self.database.transaction() as tx:
            assert await timeline.verify(tx, stream) is None
            return [one.kind for one in await timeline.read(tx, stream)]


async def refusal(work: Any) -> Refusal:
    """What a verb is refused with."""
    try:
        await work
    except Refused as refused:
        return refused.refusal
    raise AssertionError("it was not refused")
