"""A service running for one case, as its author sees it."""

from datetime import datetime, timedelta
from typing import Any

from thingdesk.cases import Criterion
from thingdesk.journeys import asking, commanding, providing, proving, telling
from thingdesk.journeys.choices import Choice
from thingdesk.journeys.context import Context
from thingdesk.journeys.providing import Dispatched, Found, Reserved, Slot, Work
from thingdesk.parties import Position
from thingdesk.platform.money import Money


class Journey(Context):
    """Every line that changes the world is an effect: durable, and checked against entitlement,
    policy and mandate. There is no other way to the world.

    The code of a journey runs again from its beginning after every wait, with what it has learned
    so far: apart from calls of the journey it must do the same each time.
    """

    async def position(self) -> Position | None:
        """Where the machine said that it is."""
        return await telling.position(self)

    async def nearest(
        self, provider: str, *, skill: str | None = None, part: str | None = None
    ) -> Found:
        """The nearest provider of that kind who can do it and has the part; raises Failed."""
        return await providing.nearest(self, provider, skill, part)

    async def reserve_part(
        self, provider: Found, part: str, *, price: Money | None = None
    ) -> Reserved:
        """Reserve one `part` there; it is released again if the journey fails."""
        return await providing.reserve_part(self, provider, part, price)

    async def book(
        self,
        provider: Found,
        slot: Slot,
        *,
        task: str,
        words: str,
        price: Money | None = None,
        answer_within: timedelta = timedelta(hours=2),
    ) -> Dispatched:
        """Book the slot and offer the job; a provider who declines or is silent is passed over."""
        return await providing.book(self, provider, slot, Work(task, words, price, answer_within))

    async def dispatch(
        self,
        provider: str,
        *,
        task: str,
        words: str,
        skill: str | None = None,
        price: Money | None = None,
        answer_within: timedelta = timedelta(minutes=2),
    ) -> Dispatched:
        """Send the nearest provider now; one who declines or is silent is passed over."""
        return await providing.dispatch(
            self, provider, skill, Work(task, words, price, answer_within)
        )

    async def arrival(
        self, job: Dispatched, *, within: timedelta = timedelta(minutes=30)
    ) -> datetime | None:
        """When the provider says they will arrive; None when they did not say so in time."""
        return await providing.arrival(self, job, within)

    async def done(
        self, job: Dispatched, *, within: timedelta = timedelta(days=5)
    ) -> dict[str, Any]:
        """Wait until the provider says it is done; their evidence. Raises Failed after `within`."""
        return await providing.done(self, job, within)

    async def ask_owner(
        self, choice: Choice, *, within: timedelta, default: str | None = None
    ) -> Any:
        """The owner's choice; `default` (an option's id) stands without an answer in time."""
        return await asking.ask(self, choice, "owner", within, default)

    async def ask_staff(
        self, choice: Choice, *, within: timedelta, default: str | None = None
    ) -> Any:
        """The same from staff."""
        return await asking.ask(self, choice, "staff", within, default)

    async def tell_owner(self, words: str, **data: Any) -> None:
        """Tell the owner something; no answer is expected."""
        await telling.tell_owner(self, words, data)

    async def tell_machine(self, kind: str, words: str, **data: Any) -> None:
        """Tell the machine something; repeated until it acknowledges."""
        await telling.tell_machine(self, kind, words, data)

    async def command(
        self,
        name: str,
        arguments: dict[str, Any] | None = None,
        *,
        expires: timedelta = timedelta(minutes=5),
        preconditions: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Command the machine; its result. Raises Failed when it refuses, or the time is over."""
        return await commanding.command(self, name, arguments or {}, expires, preconditions or {})

    async def verify(
        self, criterion: Criterion, *, hold: timedelta | None = None, within: timedelta
    ) -> None:
        """Wait until the machine's own signals prove recovery; raises NotProven after `within`."""
        await proving.verify(self, criterion, hold, within)
