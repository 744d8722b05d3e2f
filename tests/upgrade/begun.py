"""Journeys that one release begins and the next one ends, seen from outside: by their machines,
providers and owners.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from tests.desk import DeskProcess
from tests.docs.pages import titled
from tests.journeys.outside import Gated, settle_in
from tests.saying import Caller, a_caller, a_centre, event, receipts, report, signal
from tests.waiting import until

from thingdesk import cases, decisions
from thingdesk.cases import Case, Outcome, State
from thingdesk.decisions import Decision
from thingdesk.notices import Recipient
from thingdesk.platform import durable
from thingdesk.platform.database import Database

_PAGE = "docs/how-to/change-a-service.md"
OLD_PACKS, NEW_PACKS = "tests.journeys.gated_pack,taps", "tests.journeys.gated_pack,taps_later"


def write_packs(before: Path, after: Path) -> None:
    """A pack that changes its service with the release, as the page for its authors has it."""
    for folder, names in ((before, ("taps",)), (after, ("taps", "taps_later"))):
        folder.mkdir()
        for name in names:
            (folder / f"{name}.py").write_text(titled(_PAGE, f"{name}.py"), encoding="utf-8")


@dataclass
class Asked:
    """A case that waits for its owner."""

    machine: Caller
    id: UUID

    @classmethod
    async def report_one(
        cls, database: Database, http: httpx.AsyncClient, of: Callable[[str], dict[str, Any]]
    ) -> "Asked":
        machine = await a_caller(database, http)
        asked = cls(machine, UUID(await machine.case_of(of(machine.id))))
        await asked.question(database)
        return asked

    async def question(self, database: Database) -> Decision:
        async def look() -> list[Decision]:
            async with database.transaction() as tx:
                found = await decisions.of_case(tx, self.id)
            return [one for one in found if one.state is decisions.State.OPEN]

        (one,) = await until(look)
        return one

    async def answered(self, database: Database, option: str) -> Case:
        """The case as it ended, after the owner has said this."""
        one = await self.question(database)
        assert one.question.owner_id
        async with database.transaction() as tx:
            owner = Recipient.owner(one.question.owner_id)
            await decisions.answer(tx, one.question.id, option, owner)

        async def ended() -> Case | None:
            async with database.transaction() as tx:
                found = await cases.get(tx, self.id)
            return found if found and found.state is State.ENDED else None

        found = await until(ended)
        assert found
        return found


def leak(machine: str) -> dict[str, Any]:
    return event(machine, "report", {"service": "tap.leak", "input": {"tap": "bath"}})


@dataclass
class Begun:
    """What waits when the release before is stopped: a command, a provider's answer, their work,
    a proof, and two owners' answers. `signed` is what it had signed for, with whose machine.
    """

    gated: tuple[Gated, ...]
    refused: Asked
    tap: Asked
    signed: tuple[Caller, httpx.Response]

    def __len__(self) -> int:
        return len(self.gated) + 2

    @classmethod
    async def begin(cls, url: str, desk: DeskProcess) -> "Begun":
        async with _outside(url, desk) as (database, http):
            await settle_in(database)
            await a_centre(database)
            gated = [await Gated.report_one(database, http) for _ in range(4)]
            _, offered, working, proving = gated
            for one in (offered, working, proving):
                await one.stop()
            await offered.job()
            for one in (working, proving):
                await one.work()
            await proving.verifying()
            tap = await Asked.report_one(database, http, leak)
            refused = await Asked.report_one(database, http, report)
            said = await tap.machine.say("signals", signal(tap.machine.id))
            return cls(tuple(gated), refused, tap, (tap.machine, said))

    async def finish(self, url: str, desk: DeskProcess) -> None:
        async with _outside(url, desk) as (database, http):
            work = asyncio.create_task(self._finish(database, http))
            watch = asyncio.create_task(_stuck(database))
            ended, others = await asyncio.wait({work, watch}, return_when=asyncio.FIRST_COMPLETED)
            for one in others:
                one.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            await asyncio.gather(*ended)

    async def _finish(self, database: Database, http: httpx.AsyncClient) -> None:
        gated = [replace(one, database=database) for one in self.gated]
        for one in (*(one.machine for one in gated), self.tap.machine, self.refused.machine):
            one.http = http
        await self._receipts_hold(http)
        for case in gated:
            assert await case.machine.case_of(case.report) == str(case.id)
        await _each(gated[:1], Gated.stop)
        await _each(gated[:2], Gated.work)
        await _each(gated, Gated.recover)
        await _each(gated, Gated.is_verified_once)
        refused = await self.refused.answered(database, "no")
        assert refused.outcome is Outcome.REFUSED, refused
        tap = await self.tap.answered(database, "yes")
        assert (tap.version, tap.outcome_words) == ("1", "The answer was yes."), tap

    async def _receipts_hold(self, http: httpx.AsyncClient) -> None:
        """What the release before has signed, by the keys that the new one gives."""
        machine, said = self.signed
        keys = (await http.get("/v1/desk")).json()["keys"]
        assert len(receipts(said.json()["receipts"], keys, machine.id)) == 1

    async def another(self, url: str, desk: DeskProcess) -> None:
        """What the new release begins is as it has it."""
        async with _outside(url, desk) as (database, http):
            one = await Gated.report_one(database, http)
            for act in (Gated.stop, Gated.work, Gated.recover, Gated.is_verified_once):
                await act(one)
            tap = await (await Asked.report_one(database, http, leak)).answered(database, "no")
            assert (tap.version, tap.outcome_words) == ("2", "Now the answer was no."), tap


async def _stuck(database: Database) -> None:
    """Raises as soon as a journey is."""

    async def look() -> list[durable.Standing]:
        async with database.transaction() as tx:
            return await durable.stuck(tx)

    (one, *_) = await until(look, within=600)
    raise AssertionError(f"a journey is stuck: {one.problem}")


async def _each(all_: list[Gated], act: Callable[[Gated], Awaitable[None]]) -> None:
    await asyncio.gather(*(act(one) for one in all_))


@asynccontextmanager
async def _outside(
    url: str, desk: DeskProcess
) -> AsyncIterator[tuple[Database, httpx.AsyncClient]]:
    database = await Database.connect(url)
    try:
        async with httpx.AsyncClient(base_url=desk.http, timeout=20) as http:
            yield database, http
    finally:
        await database.close()
