"""A service running for one case, as its author sees it."""

from datetime import datetime, timedelta
from typing import Any

from thingdesk.cases import Criterion
from thingdesk.fulfilment import Slot
from thingdesk.journeys import (
    asking,
    booking,
    choosing,
    commanding,
    dispatching,
    providing,
    proving,
    reserving,
    telling,
)
from thingdesk.journeys.awaited import verbs
from thingdesk.journeys.choices import Choice
from thingdesk.journeys.choosing import Then
from thingdesk.journeys.context import Context
from thingdesk.journeys.picking import OwnerPicks
from thingdesk.journeys.providing import Dispatched, Found, Work
from thingdesk.journeys.reserving import Reserved
from thingdesk.parties import Position
from thingdesk.platform.money import Money


@verbs
class Journey(Context):
    """Every line that changes the world is an effect: durable, and checked against entitlement,
    policy and mandate. There is no other way to the world.

    The code of a journey runs again from its beginning after every wait, with what it has learned
    so far: apart from calls of the journey it must do the same each time. It waits by `await`:
    a call that waits without it (`time.sleep`, `requests`) holds up the whole desk, and a journey
    that does so for a lease is stuck. `look` is for what is elsewhere.
    """

    async def position(self) -> Position | None:
        """Where the machine last said that it is; None when it never did."""
        return await telling.position(self)

    async def nearest(
        self, provider: str, *, skill: str | None = None, part: str | None = None
    ) -> Found:
        """The nearest provider of that kind (`repair_centre`) who has the skill, the part in
        stock and a free time. Raises Failed (`no_provider`) when there is none.
        """
        return await providing.nearest(self, provider, skill, part)

    async def reserve_part(
        self, provider: str, part: str, *, skill: str | None = None, price: Money | None = None
    ) -> Reserved:
        """An effect: reserve one `part` at the nearest provider of that kind who has the skill and
        the part; it is released again if the journey fails. `price` is what it costs at most.

        Where others take the last one meanwhile, while the owner thinks about an approval for
        example, the next nearest is tried, five at most, and the owner is asked anew if need be.
        Go on with the `provider` of the answer. Raises Denied, and Failed (`no_provider`, or
        `part_out_of_stock` when none was left anywhere).
        """
        return await reserving.reserve_part(self, provider, skill, part, price)

    async def book(
        self,
        provider: Found,
        when: Slot | OwnerPicks,
        *,
        task: str,
        words: str,
        price: Money | None = None,
        answer_within: timedelta = timedelta(hours=2),
    ) -> Dispatched:
        """An effect: book a time and offer the job, which is accepted when this returns. With
        OwnerPicks the owner is asked for the time, and not once more for an approval.

        A provider who declines, or does not answer in `answer_within`, is passed over: the next
        nearest is offered the closest slot, five at most, and reserved parts go along. `task` is a
        word such as `repair`, `words` say what to do, `price` is what it costs at most. Raises
        Denied, and Failed (`no_provider`, `no_slot`, or why the slot could not be booked).
        """
        return await booking.book(self, provider, when, Work(task, words, price, answer_within))

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
        """An effect: send the nearest provider who is free now. The rest is as with `book`."""
        return await dispatching.dispatch(
            self, provider, skill, Work(task, words, price, answer_within)
        )

    async def arrival(
        self, job: Dispatched, *, within: timedelta = timedelta(minutes=30)
    ) -> datetime | None:
        """When the provider says they will arrive; None when they did not say so `within`."""
        return await providing.arrival(self, job, within)

    async def done(
        self, job: Dispatched, *, within: timedelta = timedelta(days=5)
    ) -> dict[str, Any]:
        """Wait until the provider says that the work is done; their evidence, `words` and `data`.
        Raises Failed (`not_done`) after `within`. It proves nothing yet: see `verify`.
        """
        return await providing.done(self, job, within)

    async def ask_owner(
        self,
        choice: Choice,
        *,
        within: timedelta,
        default: str | None = None,
        then: Then | None = None,
    ) -> Any:
        """What the owner chooses, asked by mail and on a page; promises stand still meanwhile.

        Without an answer `within`, without an owner, or beyond the owner's attention budget,
        `default` stands, an alternative's id. Raises Failed (`nothing_to_choose`; where there is
        no default `no_answer`, or `nobody_to_ask` of a machine without an owner).

        `then` makes of what is chosen one effect of the journey, not awaited (`lambda centre:
        journey.dispatch(…)`), or None. That is done, and what it came to is the result. The owner
        sees who would do it and what each costs, and is not asked once more for an approval: the
        choice approves exactly this effect. If it has become another one meanwhile, as the provider
        declines for example, it is asked for. What cannot be done is not offered. Where an approval
        is needed and nobody answers, nothing is done: Denied, or a `default` that has no effect.
        """
        if then is not None:
            return await choosing.choose(self, choice, within, default, then)
        return await asking.ask(self, choice, "owner", within, default)

    async def ask_staff(
        self, choice: Choice, *, within: timedelta, default: str | None = None
    ) -> Any:
        """The same from staff; promises go on."""
        return await asking.ask(self, choice, "staff", within, default)

    async def tell_owner(self, words: str, **data: Any) -> None:
        """Tell the owner something, by mail; no answer is expected. Without an owner, nothing."""
        await telling.tell_owner(self, words, data)

    async def owner_time(self, at: datetime) -> str:
        """A time for words to the owner: `Mon 24 Nov, 14:05 (Europe/Berlin)`, in their own zone."""
        return await telling.owner_time(self, at)

    async def tell_machine(self, kind: str, words: str, **data: Any) -> None:
        """Tell the machine something; repeated until it acknowledges. `kind` is dotted, like
        `safety.advice`; its first word chooses how soon and how long it is repeated.
        """
        await telling.tell_machine(self, kind, words, data)

    async def command(
        self,
        name: str,
        arguments: dict[str, Any] | None = None,
        *,
        expires: timedelta = timedelta(minutes=5),
        preconditions: dict[str, Any] | None = None,
        answer_within: timedelta = timedelta(minutes=15),
    ) -> dict[str, Any]:
        """An effect: command the machine; the detail of its result.

        After `expires` it does nothing. `preconditions` must hold when it begins:
        `{"speed": {"max": 0}}`, with `min`, `max` and `equals`. A machine that was out of reach may
        say only later what it did: that is waited for until `answer_within` after `expires`. It is
        recalled when the journey cannot go on meanwhile. Raises Denied, and Failed:
        `command_refused` (a precondition too), `command_failed`, `command_expired`,
        `command_recalled`; `command_undelivered` when the machine never had it; and
        `command_unanswered` when it may have done it.
        """
        return await commanding.command(
            self, name, arguments or {}, expires, preconditions or {}, answer_within
        )

    async def verify(
        self, criterion: Criterion, *, hold: timedelta | None = None, within: timedelta
    ) -> None:
        """Wait until the machine's own signals prove recovery; its case is then *verified*.

        Only signals count that it observed after this line was reached, by its own clock. `hold`
        is for how long it has to be well, in place of the criterion's. Raises NotProven after
        `within`, by the desk's clock.
        """
        await proving.verify(self, criterion, hold, within)
