"""The disk of the embedded database is full: what is acknowledged is stored, and it comes back."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx
import psutil
import pytest
from tests.desk import DeskProcess, running
from tests.journeys.outside import Gated, a_machine, settle_in
from tests.saying import Caller, Event, event, signal
from tests.waiting import until

from thingdesk.parties import NewMachine, register
from thingdesk.platform import present
from thingdesk.platform.database import Database
from thingdesk_machine import Backoff, Identity, Ledger, Machine, Options, desk_keys

pytestmark = pytest.mark.timeout(240)
SIZE = "300m"
SOON = 90.0
LARGE = {f"metric{n}": float(n) for n in range(40)}


@dataclass
class Site:
    """A desk on a small volume of its own; `taken` is what it acknowledged by HTTP."""

    desk: DeskProcess
    volume: Path
    database: Database
    caller: Caller
    said: dict[str, Event] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def fill(self) -> None:
        with suppress(OSError), (self.volume / "ballast").open("wb", buffering=0) as ballast:
            while True:
                ballast.write(bytes(4096))

    def make_room(self) -> None:
        (self.volume / "ballast").unlink()

    def servers(self) -> dict[str, int]:
        below = psutil.Process(self.desk.pid).children(recursive=True)
        return {one.name(): one.pid for one in below}

    async def say(self, name: str) -> str:
        """The answer to a signal: `stored`, or how to go on."""
        one = self.said.setdefault(name, signal(self.caller.id, LARGE, id=name))
        answer = await self.caller.say("signals", one)
        if answer.status_code != httpx.codes.OK:
            return f"{answer.json()['code']} {answer.json()['recovery']}"
        self.taken |= (await self.caller.verified(answer)).keys()
        return "stored"

    async def is_well(self) -> bool:
        return not await self.ready()

    async def ready(self) -> dict[str, str]:
        answer = await self.caller.http.get("/ready")
        reasons: dict[str, str] = answer.json().get("reasons", {})
        return reasons


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "desk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=700", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False).returncode != 0:
        pytest.skip("only root may mount a small volume, and not in every container")
    yield folder
    subprocess.run(["/bin/umount", str(folder)], check=True)


@pytest.fixture
async def site(volume: Path, tmp_path: Path) -> AsyncIterator[Site]:
    pack = {"packs": "tests.journeys.gated_pack", "test_gate": tmp_path}
    async with running(volume, **pack) as desk:
        database = await Database.connect(present.read(volume)["database"])
        await settle_in(database)
        async with httpx.AsyncClient(base_url=desk.http, timeout=30) as http:
            yield Site(desk, volume, database, await a_machine(database, http))
        await database.close()


async def a_press(site: Site, queue: Path) -> Machine:
    identity = Identity.create("patient")
    new = NewMachine("patient", "press", "press", key=identity.public_jwk["x"])
    async with site.database.transaction() as tx:
        await register(tx, [new])
    keys = await desk_keys(site.desk.http)
    options = Options(patience=Backoff(0.5, 2.0), reconnect=Backoff(0.1, 1.0))
    return Machine(
        identity=identity, desk=site.desk.mqtt, queue=queue, desk_keys=keys, options=options
    )


async def waste(url: str) -> asyncpg.Connection:
    """A table whose rows can be written anew for ever, without needing more pages."""
    connection = await asyncpg.connect(url)
    await connection.execute("create table waste (n int, pad text) with (fillfactor = 40)")
    fill = "insert into waste select n, repeat('x', 100) from generate_series(1, 20000) n"
    await connection.execute(fill)
    return connection


async def write_until_it_breaks(connection: asyncpg.Connection) -> None:
    """The write-ahead log wants another file, and there is no room for one."""

    async def broken() -> bool:
        with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            await connection.execute("update waste set n = n + 1")
        return bool(connection.is_closed())

    await until(broken, within=SOON)


async def test_what_is_acknowledged_is_stored_and_the_rest_goes_on_when_there_is_room(
    site: Site, tmp_path: Path
) -> None:
    queue = tmp_path / "patient.queue"
    before = site.desk.pid, site.servers()
    begun = await Gated.report_one(site.database, site.caller.http)
    async with await a_press(site, queue) as machine:
        await machine.signal({"temperature": 20.0}, event_id="m0", wait=True)
        connection = await waste(present.read(site.volume)["database"])
        site.fill()
        number = await _refused(site)
        assert "disk" in await site.ready()
        for n in range(1, 100):
            await machine.signal({"temperature": 20.0 + n}, event_id=f"m{n}")
        await write_until_it_breaks(connection)

        async def database_is_down() -> bool:
            return "database" in await site.ready()

        await until(database_is_down)
        broken = await _told_to_retry(site, f"h{number}")
        assert site.desk.runs

        site.make_room()
        async with asyncio.timeout(SOON):
            await machine.drained()
    for n in range(number + 1):
        await _stored(site, f"h{n}")
    case = UUID(await site.caller.case_of(broken))
    await _both_end_well(begun, Gated(site.database, site.caller, case, broken))
    await _all_is_stored_once(site, queue, number)
    await until(site.is_well)
    assert site.desk.pid == before[0]
    assert site.servers().keys() == before[1].keys()
    code, said = await site.desk.command("doctor")
    assert code == 0, said


async def _told_to_retry(site: Site, name: str) -> Event:
    """A signal, and a report, which is returned."""
    assert "retry" in await site.say(name)
    given = {"service": "gated.mend", "input": {"gated": False}}
    broken = event(site.caller.id, "report", given)
    answer = await site.caller.say("reports", broken)
    assert answer.json()["recovery"] == "retry"
    return broken


async def _all_is_stored_once(site: Site, queue: Path, number: int) -> None:
    with Ledger(queue) as ledger:
        assert {one.ending for one in ledger.events()} == {"receipt"}
    async with site.database.transaction() as tx:
        rows = await tx.fetch(
            "select machine, event_id from signal where event_id ~ '^[hm][0-9]+$'"
        )
    there = sorted((row["machine"], row["event_id"]) for row in rows)
    sent = [("patient", f"m{n}") for n in range(100)]
    assert there == sorted([*sent, *((site.caller.id, f"h{n}") for n in range(number + 1))])
    assert site.taken == {f"h{n}" for n in range(number + 1)}


async def _both_end_well(*all_: Gated) -> None:
    """A journey that waited for its machine when the disk was full, and one that was asked for."""
    for one in all_:
        await one.stop()
        await one.work()
        await one.recover()
        await one.is_verified_once()


async def _refused(site: Site) -> int:
    """The number of the first signal that is refused, as there is no room for it."""
    number = -1

    async def refused() -> str | None:
        nonlocal number
        number += 1
        answer = await site.say(f"h{number}")
        return None if answer == "stored" else answer

    assert await until(refused, within=SOON) == "desk_failed retry"
    return number


async def _stored(site: Site, name: str) -> None:
    async def stored() -> bool:
        return await site.say(name) == "stored"

    await until(stored, within=SOON)
