import asyncio
from collections.abc import AsyncGenerator, Awaitable, Mapping
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from thingdesk import access, cases, journeys, parties, timeline
from thingdesk.access import Caller
from thingdesk.cases import PartyCases, State
from thingdesk.catalog import Service
from thingdesk.dialogue import see
from thingdesk.dialogue.ask import ask
from thingdesk.dialogue.follow import Followers
from thingdesk.dialogue.model import Asked, CasePage, CaseView, Told
from thingdesk.dialogue.told import KINDS, tell
from thingdesk.dialogue.turns import take_turn
from thingdesk.flow import Flow
from thingdesk.intake import Intake
from thingdesk.platform import formats, moments
from thingdesk.platform.database import Database, Transaction
from thingdesk.platform.errors import FieldError, Refused, refuse

Seen = TypeVar("Seen")
_MOST = 100
_LONGEST_WORDS = 500
_WITHDRAWN = "{} does not want it any more, on your behalf."


class Dialogue:
    """What surfaces do for a caller. `pages` is the URL of the pages, where owners answer; it is
    right once the desk serves. Let `run` run for as long as anybody may `follow`.
    """

    def __init__(
        self, database: Database, flow: Flow, intake: Intake, pages: str, stop: asyncio.Event
    ) -> None:
        self._database = database
        self._flow = flow
        self._intake = intake
        self._pages = pages.rstrip("/")
        self._followers = Followers(database, stop)

    async def run(self) -> None:
        """Hear what happens to the cases that are followed, until the desk stops."""
        await self._followers.run()

    def offers(self, caller: Caller | None = None) -> list[Service]:
        """What can be asked for; with a `caller`, what its mandate is for."""
        mandate = caller.mandate if caller else None
        return [one for one in self._flow.catalog if mandate is None or mandate.covers(one.name)]

    async def ask(
        self,
        caller: Caller,
        service: str,
        given: Mapping[str, Any],
        *,
        subject: str | None = None,
        request_id: str | None = None,
        hops: int = 0,
        said: Mapping[str, Any] | None = None,
    ) -> Asked:
        """Ask for a service for `subject`, by default the caller itself. Returns once it is
        committed; the same `request_id` (1 to 128 printable ASCII characters) gets the same answer
        for eight days, and is refused with another content. `hops`: through how many hands it went
        before; `said`: what is kept with the case beside its input. Raises Refused.
        """
        return await ask(self._intake, caller, service, given, subject, request_id, said, hops)

    async def turn(self, caller: Caller, context: str, *, hops: int = 0) -> None:
        """To be called for each message of a conversation (and not for what `ask` takes): counts it
        in its `context`, 1 to 128 printable characters. Raises Refused: it has gone through too
        many hands, or the dialogue gets nowhere.
        """
        cases.read_hops(hops)
        async with self._database.transaction() as tx:
            refusal = await take_turn(tx, caller, context)
        if refusal:
            raise Refused(refusal)

    async def case(self, caller: Caller, case_id: UUID) -> CaseView:
        """How a case stands. Raises Refused: there is none, or not for this caller."""
        async with self._database.transaction() as tx:
            party = await see.party_of(tx, caller, self._flow.catalog)
            found = await see.get(tx, party, case_id)
            return (await see.views(tx, caller, [found], self._pages))[0]

    async def cases(
        self,
        caller: Caller,
        *,
        after: str | None = None,
        most: int = 50,
        state: State | None = None,
        subject: str | None = None,
    ) -> CasePage:
        """A page of the cases that the caller may see, the newest first, going on after the
        `further` of the page before. Raises Refused for one that is none of ours, and for a
        `subject` that no machine can have as its id.
        """
        most = max(1, min(most, _MOST))
        if subject is not None and not parties.MACHINE_ID.fullmatch(subject):
            raise _no_machine()
        async with self._database.transaction() as tx:
            party = await see.party_of(tx, caller, self._flow.catalog)
            wanted = PartyCases(party, state, subject, _place(after), most + 1)
            found = await cases.of_party(tx, wanted)
            shown = await see.views(tx, caller, found[:most], self._pages)
        last = found[most - 1] if len(found) > most else None
        return CasePage(tuple(shown), f"{last.opened_at.isoformat()}_{last.id}" if last else None)

    async def under_way(self, tx: Transaction, caller: Caller, most: int) -> list[UUID]:
        """Those of the cases that the caller may see which have not ended: of the open ones the
        newest, then of those that are being verified.
        """
        party = await see.party_of(tx, caller, self._flow.catalog)
        found = [
            one.id
            for state in (State.OPEN, State.VERIFYING)
            for one in await cases.of_party(tx, PartyCases(party, state, most=most))
        ]
        return found[:most]

    async def timeline(
        self, caller: Caller, case_id: UUID, after: int = 0, most: int = _MOST
    ) -> list[Told]:
        """What happened to a case after the entry with the number `after`, the oldest first."""
        async with self._database.transaction() as tx:
            party = await see.party_of(tx, caller, self._flow.catalog)
            await see.get(tx, party, case_id)
            found = await timeline.after(tx, f"case:{case_id}", after, min(most, _MOST), KINDS)
        return [tell(one, self._pages) for one in found]

    async def follow(
        self, caller: Caller, case_id: UUID, after: int = 0
    ) -> AsyncGenerator[Told, None]:
        """The same, and what happens from then on, until the case has ended and all is told, or the
        desk stops. Raises Refused, also at once when the caller may not see it any more, or what
        it calls by has ended.
        """
        with self._followers.following(caller, f"case:{case_id}") as follower:
            while True:
                # what comes between the two looks is not missed: the case is looked at first
                seen = await self._or_why(caller, self.case(caller, case_id))
                while told := await self._or_why(caller, self.timeline(caller, case_id, after)):
                    # looked at after it was read: nothing leaves that is later than a stop
                    before, caller = caller, await self._again(caller)
                    if caller != before:
                        continue
                    for one in told:
                        yield one
                    after = told[-1].number
                if seen.ended or not await self._followers.grown(follower, max(after, seen.told)):
                    return

    async def _or_why(self, caller: Caller, looking: Awaitable[Seen]) -> Seen:
        """What is seen. Who may see no more because what it calls by has ended is told that."""
        try:
            return await looking
        except Refused:
            await self._again(caller)
            raise

    async def _again(self, caller: Caller) -> Caller:
        async with self._database.transaction() as tx:
            (found,) = await access.again(tx, [caller])
        if isinstance(found, Refused):
            raise found
        return found

    async def withdraw(self, caller: Caller, case_id: UUID, words: str = "") -> CaseView:
        """End a case that is not wanted any more; what was done for it and can be is taken back.
        One that has ended stays as it is. Raises Refused, also for whoever may see it and neither
        asked for it nor is its subject.
        """
        async with self._database.transaction() as tx:
            party = await see.party_of(tx, caller, self._flow.catalog)
            found = await see.get(tx, party, case_id)
            see.check_withdraws(caller, found)
            said = _in_their_words(caller.machine, words[:_LONGEST_WORDS])
            await journeys.withdraw(tx, found.id, said, "its customer does not want it any more")
        return await self.case(caller, case_id)


def _no_machine() -> Refused:
    field = FieldError("subject", "is no machine's id", "send the id of a machine, or leave it out")
    return refuse("unfit_request", "no machine has such an id", fields=(field,))


def _in_their_words(machine: str, words: str) -> str:
    """Who withdraws, and what they say, as theirs: owners and agents read it as the desk's own word
    else.
    """
    told = _WITHDRAWN.format(machine)
    return f"{told} It says: {formats.quoted(words)}" if formats.line(words) else told


def _place(after: str | None) -> tuple[datetime, UUID] | None:
    if not after:
        return None
    at, _, last = after.partition("_")
    try:
        return moments.read(at), UUID(last)
    except ValueError:
        raise refuse("unfit_cursor", "this is no cursor of ours: begin without one") from None
