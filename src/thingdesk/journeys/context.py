"""What every verb of a journey works on: the run, the facts of the case, what can be taken back."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from thingdesk import cases
from thingdesk.catalog import Service
from thingdesk.journeys.awaited import Author, verbs
from thingdesk.journeys.events import Considered
from thingdesk.journeys.model import Facts, Failed
from thingdesk.mandates import Approval
from thingdesk.platform import durable
from thingdesk.platform.money import Money
from thingdesk.timeline import append


@dataclass(frozen=True, slots=True)
class Intent:
    """What an effect would do: `words` the question that asks for it, the rest for the verdict and
    the ledger. Of `details` the owner is shown `words`, `name` (who), and `start` (when).
    `again`: it is under way for the machine already.
    """

    name: str
    words: str
    details: dict[str, Any] = field(default_factory=dict)
    amount: Money | None = None
    remedy: str | None = None
    provider: UUID | None = None
    again: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Undoable:
    """An effect that happened and can be taken back, and who pays for it. `approved`: the owner
    said yes to exactly this.
    """

    intent: Intent
    id: UUID
    payer: str
    approved: bool


@dataclass(frozen=True, slots=True)
class Given:
    """An approval of the action with the id `effect_id` that is there before it is asked for."""

    effect_id: UUID
    approval: Approval


@verbs
class Context(Author):
    """One journey's run, and what it knows and has done so far."""

    def __init__(
        self, run: durable.Run, service: Service, meanings: Mapping[str, str] | None = None
    ) -> None:
        super().__init__()
        self.run = run
        self.service = service
        self.meanings = meanings or {}
        self.facts = Facts.from_data(run.input)
        self.undoable: list[Undoable] = []
        self.proven: bool | None = None
        """Whether its last verification was proven; None while there was none."""
        self.given: Given | None = None
        """The approval that the next effect has, if it is the one that was approved."""
        self.foreseeing = False

    def undoable_at(self, provider: UUID) -> list[Undoable]:
        """What was arranged with a provider and can be taken back."""
        return [one for one in self.undoable if one.intent.provider == provider]

    @property
    def case_id(self) -> UUID:
        """The id of the case."""
        return self.facts.case_id

    @property
    def subject(self) -> str:
        """The id of the machine that the case is about."""
        return self.facts.subject

    @property
    def stream(self) -> str:
        return f"case:{self.case_id}"

    async def under(self) -> tuple[UUID | None, UUID | None]:
        """Which mandate it is for at this moment, None for the standing one; and which it was for
        before that.
        """
        given = self.facts.mandate_id
        if given and await cases.on_its_own(self.run.tx, self.case_id):
            return None, given
        return given, None

    async def now(self) -> datetime:
        """The time at which the journey first came to this line."""
        return await self.run.now()

    async def wait(self, *keys: str, until: datetime | None = None) -> durable.Message | None:
        """The first message under one of `keys`, kept for when it comes early; None after `until`.
        When the case is withdrawn meanwhile, the journey is not heard of again.
        """
        return await self.run.wait(*keys, until=until)

    async def meaning(self, code: str) -> str | None:
        """What a trouble code means in words, from the file that the operator has set; None when
        it is not in it.
        """

        async def find() -> str | None:
            return self.meanings.get(code)

        found: str | None = await self.run.step(f"meaning {code}", find)
        return found

    async def look(
        self,
        what: str,
        act: Callable[[], Awaitable[Any]],
        *,
        within: timedelta = timedelta(seconds=30),
    ) -> Any:
        """What `act` finds elsewhere, by a call of another system for example, as plain JSON; on
        the timeline. It must change nothing, and asks nothing of the journey.

        Other journeys go on meanwhile. What it found is recorded once, and the journey gets the
        same ever after; until then, after a crash for example, `act` may be called again. An error,
        or more time than `within`, is tried again a few times, like any mistake of a journey;
        Failed ends it.
        """

        async def find() -> dict[str, Any]:
            try:
                return {"found": await act()}
            except Failed as failed:
                return {"failed": [failed.code, failed.words]}

        is_new = not self.run.replaying
        came = await self.run.outside(f"look {what}", find, within)
        if is_new:
            append(self.run.tx, self.stream, Considered(what, came.get("found")))
        if "failed" in came:
            raise Failed(*came["failed"])
        return came["found"]


async def consider(journey: Context, what: str, find: Callable[[], Awaitable[Any]]) -> Any:
    """What `find` finds in the desk's own tables, by the journey's transaction: once, and on the
    timeline.
    """

    async def record() -> Any:
        found = await find()
        append(journey.run.tx, journey.stream, Considered(what, found))
        return found

    return await journey.run.step(f"look {what}", record)
