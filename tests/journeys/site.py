"""Six processes of one desk, two of each role, as a test reaches them."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
from tests.desk import DeskProcess
from tests.journeys.outside import HERE
from tests.machine.conftest import QUICK
from tests.parties.making import unique

from thingdesk import parties
from thingdesk.parties import NewMachine
from thingdesk.platform.database import Database
from thingdesk_machine import Identity, Machine, desk_keys


@dataclass
class Site:
    """Six processes of one desk."""

    web: list[DeskProcess]
    ingest: list[DeskProcess]
    work: list[DeskProcess]
    operations: dict[DeskProcess, int]
    broker: str
    database: Database
    folder: Path

    async def machine(self, desk: str) -> Machine:
        """A new press that speaks to this address."""
        identity = Identity.create(unique("press"))
        key = identity.public_jwk["x"]
        async with self.database.transaction() as tx:
            await parties.register(
                tx, [NewMachine(identity.machine, "press", "press 7", key=key, position=HERE)]
            )
        return Machine(
            identity=identity,
            desk=desk,
            queue=self.queue(identity.machine),
            desk_keys=await desk_keys(self.web[0].http),
            options=replace(QUICK, mqtt="5") if desk.startswith("mqtt") else QUICK,
        )

    def queue(self, name: str) -> Path:
        return self.folder / f"{name}.queue"

    async def metric(self, desk: DeskProcess, name: str) -> float:
        """What a process has counted under this name, whatever its label."""
        async with httpx.AsyncClient(timeout=30) as http:
            answer = await http.get(f"http://127.0.0.1:{self.operations[desk]}/metrics")
        found = re.findall(rf"^{re.escape(name)}(?:\{{.*\}})? (\S+)$", answer.text, re.MULTILINE)
        return sum(map(float, found))

    async def stored(self, names: list[str]) -> list[tuple[str, str, float]]:
        """Machine, event id and temperature of their signals, in the order of the signals' time."""
        async with self.database.transaction() as tx:
            rows = await tx.fetch(
                "select machine, event_id, values->>'temperature' as value from signal"
                " where machine = any($1) order by machine, at",
                names,
            )
        return [(row["machine"], row["event_id"], float(row["value"])) for row in rows]
