"""A gated case, moved from outside: by its machine over HTTP and by its provider's link."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import httpx
from tests.parties.making import signing, unique
from tests.saying import Caller, event, signal
from tests.waiting import until

from thingdesk import cases, fulfilment, journeys, mandates, notices, parties, timeline
from thingdesk.cases import Outcome, State
from thingdesk.fulfilment import Job, JobState
from thingdesk.mandates import Policy
from thingdesk.parties import NewMachine, NewProvider, Position
from thingdesk.platform import clock
from thingdesk.platform.database import Database

HERE = Position(52.52, 13.40)
ONCE = (
    "case.opened",
    "journey.started",
    "command.sent",
    "command.settled",
    "job.offered",
    "job.accepted",
    "job.done",
    "verification.begun",
    "verification.proven",
    "case.ended",
)
"""What happens once in a gated case, whatever dies meanwhile."""


SPARE = 45
"""Seconds that a busy machine may need for what follows a lease."""
_HELD = """
select pid, state_change from pg_stat_activity a
where datname = current_database() and state = 'idle in transaction' and pid <> all($1)
    and exists (select from pg_locks l where l.pid = a.pid
        and l.relation = $2::text::regclass and l.mode = 'RowShareLock')
order by state_change limit 1
"""


async def held(database: Database, table: str, *without: int) -> tuple[int, datetime]:
    """Of the sessions that hold rows of this table, the one that is silent for longest, and since
    when. A worker that is stopped may have been in the middle of other transactions, too.
    """
    async with database.transaction() as tx:
        row = await tx.fetchrow(_HELD, list(without), table)
    assert row
    return row["pid"], row["state_change"]


class Gate:
    """The folder of the gate, as the test sees it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def came(self) -> list[int]:
        """The processes that came to the gate, in order."""
        file = self.folder / "came"
        return [int(one) for one in file.read_text().split()] if file.exists() else []

    def shut(self) -> None:
        (self.folder / "open").unlink(missing_ok=True)

    def open(self) -> None:
        (self.folder / "open").touch()

    async def comes(self, before: int) -> int:
        """Who comes next, after so many."""

        async def look() -> bool:
            return len(self.came()) > before

        await until(look, within=40)
        return self.came()[-1]


async def settle_in(database: Database) -> None:
    """A technician, and leave to act for machines that nobody owns."""
    new = NewProvider(
        "North", ("technician",), ("machinery",), HERE, capacity=50, email="jobs@example.org"
    )
    async with database.transaction() as tx:
        await parties.register_provider(tx, new)
        await mandates.set_policy(tx, Policy(acts_for_unowned=True))


async def a_machine(database: Database, http: httpx.AsyncClient) -> Caller:
    made = signing(unique("press"))
    new = NewMachine(made.machine, "press", "gated", key=made.x, position=HERE)
    async with database.transaction() as tx:
        await parties.register(tx, [new])
    return Caller(made, http)


@dataclass
class Gated:
    """A case of `gated.mend`."""

    database: Database
    machine: Caller
    id: UUID
    report: dict[str, object]

    @classmethod
    async def report_one(
        cls, database: Database, http: httpx.AsyncClient, *, gated: bool = False
    ) -> "Gated":
        machine = await a_machine(database, http)
        given = {"service": "gated.mend", "input": {"gated": gated}}
        one = event(machine.id, "report", given)
        return cls(database, machine, UUID(await machine.case_of(one)), one)

    async def stop(self) -> None:
        """The machine carries out the command."""

        async def commands() -> list[dict[str, dict[str, str]]]:
            found: list[dict[str, dict[str, str]]] = (await self.machine.get("/v1/commands"))[
                "commands"
            ]
            return found

        (command,) = await until(commands)
        done = {"command": command["data"]["command"], "status": "done"}
        await self.machine.receipts("results", event(self.machine.id, "result", done))

    async def job(self) -> Job:
        """The job, once it is offered."""

        async def offered() -> list[Job]:
            async with self.database.transaction() as tx:
                return list(await fulfilment.jobs_of(tx, self.id))

        (job,) = await until(offered)
        return job

    async def work(self) -> None:
        """The provider accepts the job and does it."""
        job = await self.job()
        async with self.database.transaction() as tx:
            key = await parties.desk_key(tx)
        token = parties.sign_link(key, "job", job.id, clock.now() + timedelta(hours=1))
        for action, words in (("accept", ""), ("done", "Done.")):
            answer = await self.machine.http.post(
                f"/v1/jobs/{token}", json={"action": action, "words": words}
            )
            assert answer.status_code == httpx.codes.OK, answer.text

    async def state(self) -> cases.Case:
        async with self.database.transaction() as tx:
            found = await cases.get(tx, self.id)
        assert found
        return found

    async def verifying(self) -> None:
        async def look() -> bool:
            return (await self.state()).state is State.VERIFYING

        await until(look)

    async def recover(self) -> None:
        """The machine's own signals show that it is well; returns once the case has ended."""
        await self.verifying()

        async def signal_and_look() -> bool:
            await self.machine.receipts("signals", signal(self.machine.id, {"temperature": 20}))
            return (await self.state()).state is State.ENDED

        await until(signal_and_look)

    async def is_verified_once(self) -> None:
        """That the case came to its good end, and that nothing of it happened twice."""
        assert (await self.state()).outcome is Outcome.VERIFIED
        async with self.database.transaction() as tx:
            assert await timeline.verify(tx, f"case:{self.id}") is None
            kinds = Counter(one.kind for one in await timeline.read(tx, f"case:{self.id}"))
            effects = [one.name for one in await journeys.effects_of(tx, self.id)]
            told = Counter(one.notice.kind for one in await notices.of_case(tx, self.id))
            jobs = [one.state for one in await fulfilment.jobs_of(tx, self.id)]
            found = await cases.search(tx, cases.CaseFilter(subject=self.machine.id, most=10))
            runs = await journeys.of_case(tx, self.id)
        assert {kind: kinds[kind] for kind in ONCE} == dict.fromkeys(ONCE, 1)
        assert kinds["effect.intended"] == kinds["effect.done"] == 2
        assert effects == ["command", "dispatch"]
        assert told["gated.begun"] == told["gated.stopped"] == 1
        assert set(told.values()) == {1}
        assert jobs == [JobState.DONE]
        assert [one.id for one in found] == [self.id]
        assert len(runs) == 1
