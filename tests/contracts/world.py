"""A running desk to which hostile text is told, by machines with matters of their own."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from tests.channels.http.linking import sign
from tests.contracts.hostile import Rotation
from tests.desk import DeskProcess, running
from tests.hand import HERE
from tests.journeys.garage import BOUNDLESS, MISFIRE
from tests.listener import Listener, listening
from tests.parties.making import signing, unique
from tests.ports import free_port
from tests.saying import Caller, a_caller, a_centre
from tests.waiting import until
from tests.whose import owner_of

from thingdesk import fulfilment, mandates, parties
from thingdesk.fulfilment import JobState
from thingdesk.parties import NewMachine, NewProvider
from thingdesk.platform.database import Database

SECRET = "a secret of the platform's"
MAP = """
[[rules]]
from = "thingsboard"
machine = "platform-press"
codes = ["{type}", "{severity}", "{originator_name}"]
values."{type}" = "details.temperature"

[[rules]]
from = "thingsboard"
machine = "platform-press"
report = "equipment.inspect"
input = { metric = { at = "type" }, value = 95.0, limit = 68.0 }

[[rules]]
from = "home-assistant"
machine = "platform-press"
values."{object_id}" = { at = "data.new_state.state" }

[[rules]]
from = "home-assistant"
machine = "{object_id}"
codes = ["{state}", "{device_class}"]
"""


@dataclass(frozen=True)
class Told:
    """What was told, where, and what the desk answered."""

    surface: str
    place: str
    kind: str
    mark: str
    status: int
    headers: dict[str, str]
    said: Any
    raw: str = ""
    by: str = ""


@dataclass
class World:
    """The desk, who spoke to it, and what was heard of it elsewhere."""

    desk: DeskProcess
    database: Database
    http: httpx.AsyncClient
    heard: Listener
    letters: int
    told: list[Told] = field(default_factory=list)
    callers: dict[str, Caller] = field(default_factory=dict)
    rotation: Rotation = field(default_factory=Rotation)

    async def car(self) -> Caller:
        """A new one, with an owner who has permitted nothing."""
        made = await a_caller(self.database, self.http)
        self.callers[made.id] = made
        return made

    async def case(self, car: Caller) -> str:
        """A case of the car that waits for its owner."""
        answer = await car.call("POST", "/v1/services/vehicle.repair", json=MISFIRE)
        assert answer.is_success, answer.text
        case: str = answer.json()["case"]["case"]
        return case

    async def job(self) -> tuple[Caller, str]:
        """A press whose owner permits it, and the token of its job, which a technician accepted."""
        press = await self.car()
        async with self.database.transaction() as tx:
            owner = await owner_of(tx, press.id)
            assert owner
            await mandates.grant(tx, owner.id, BOUNDLESS)
        given = {"value": 20.0, "limit": 68.0}
        answer = await press.call("POST", "/v1/services/equipment.inspect", json=given)
        case = UUID(answer.json()["case"]["case"])

        async def offered() -> UUID | None:
            async with self.database.transaction() as tx:
                jobs = await fulfilment.jobs_of(tx, case)
            return next((one.id for one in jobs if one.state is JobState.OFFERED), None)

        job = await until(offered)
        assert job
        token = await sign(self.database, fulfilment.JOB_PAGE, job, timedelta(hours=1))
        accepted = await self.http.post(f"/v1/jobs/{token}", json={"action": "accept"})
        assert accepted.is_success, accepted.text
        return press, token

    def note(self, told: Told) -> None:
        self.told.append(told)


@asynccontextmanager
async def opened(folder: Path, database: Database, database_url: str) -> AsyncIterator[World]:
    await _providers(database)
    file, letters = folder / "map.toml", free_port()
    file.write_text(MAP, encoding="utf-8")
    settings: dict[str, Any] = {
        "database_url": database_url,
        "calls": 1_000_000,
        "open_cases": 1_000_000,
        "webhook_networks": "127.0.0.0/8",
        "platforms": file,
        "platform_secret": SECRET,
        "letterbox_port": letters,
    }
    async with (
        running(folder / "desk", **settings) as desk,
        httpx.AsyncClient(base_url=desk.http, timeout=60) as http,
        listening() as heard,
    ):
        yield World(desk, database, http, heard, letters)


async def _providers(database: Database) -> None:
    """Somebody for each kind of work; hundreds of technicians, so that each has a place."""
    await a_centre(database)
    async with database.transaction() as tx:
        press = NewMachine("platform-press", "press", "P7", key=signing().x, owner=None)
        await parties.register(tx, [press])
        for _ in range(40):
            name = unique("Technician")
            new = NewProvider(
                name, ("technician",), ("machinery",), HERE, capacity=20, email="t@example.org"
            )
            await parties.register_provider(tx, new)


def as_json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


_LEFT = """
select (select count(*) from durable_run where state = 'active' and wake_at <= now())
     + (select count(*) from hook_delivery where settled_at is null and attempts = 0)
     + (select count(*) from notice
        where to_kind <> 'machine' and state = 'open' and attempts = 0 and again_at <= now())
"""


async def settled(world: World) -> None:
    """Returns when the desk has nothing left to do at this moment."""

    async def idle() -> bool:
        async with world.database.transaction() as tx:
            return not await tx.fetchval(_LEFT)

    await until(idle, within=100)
