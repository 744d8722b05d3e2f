"""What the benchmarks of the whole product share: a real desk, its fleet, and its limit."""

import asyncio
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import asyncpg

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from benchmarks.fleet import Plan
from tests.desk import DeskProcess, running
from tests.hand import HERE
from tests.parties.making import Signing, signing

from thingdesk import fulfilment, mandates, parties
from thingdesk.fulfilment import StockLine
from thingdesk.mandates import Terms
from thingdesk.parties import NewMachine, NewOwner, NewProvider
from thingdesk.platform import clock, present
from thingdesk.platform.database import Database, columns
from thingdesk.platform.money import Money

SETTINGS = {"log_level": "WARNING", "open_cases": 100_000}
BATCH = 200
"""Rows of so many reports go into one commit of the limit."""
_COLUMNS = """
select attname as name, format_type(atttypid, atttypmod) as type,
    typcategory = 'A' or typname in ('json', 'jsonb') as nested
from pg_attribute join pg_type t on t.oid = atttypid
where attrelid = $1::text::regclass and attnum > 0 and not attisdropped
    and attgenerated = '' order by attnum
"""


@dataclass
class Running:
    """A desk under measurement."""

    desk: DeskProcess
    database: Database
    machines: list[Signing]

    def plan(self, through: str, **more: Any) -> Plan:
        port = self.desk.mqtt_port if through == "mqtt" else self.desk.http_port
        of = more.pop("machines", self.machines)
        return Plan(through, port, [(one.machine, one.token()) for one in of], **more)


@asynccontextmanager
async def a_desk(folder: Path, machines: int, **settings: Any) -> AsyncIterator[Running]:
    """One process with all roles and the embedded servers, and a fleet that may do all."""
    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - before anything runs
    async with running(folder / "desk", **SETTINGS | settings) as desk:
        database = await Database.connect(present.read(desk.folder)["database"], most=4)
        try:
            fleet = await register(database, machines)
            yield Running(desk, database, fleet)
        finally:
            await database.close()


async def register(database: Database, size: int, first: int = 0) -> list[Signing]:
    """Cars with keys, owners and mandates, and centres with parts for all of them."""
    made = [signing(f"car-{n}") for n in range(first, first + size)]
    for at in range(0, size, 500):
        async with database.transaction() as tx:
            await parties.register(tx, [a_car(one) for one in made[at : at + 500]])
            await permit(tx, [one.machine for one in made[at : at + 500]])
    async with database.transaction() as tx:
        for n in range(0 if first else 4):
            await a_centre(tx, n)
    return made


def a_car(one: Signing) -> NewMachine:
    owner = NewOwner(f"{one.machine}@example.org", one.machine)
    return NewMachine(one.machine, "car", "car", key=one.x, position=HERE, owner=owner)


async def permit(tx: Any, machines: Sequence[str]) -> None:
    terms = Terms(("*",), per_case=Money(10**6, "EUR"), per_period=Money(10**8, "EUR"))
    for one in await parties.ownerships_of(tx, [(name, clock.now()) for name in machines]):
        assert one
        await mandates.grant(tx, one.owner_id, terms)


async def a_centre(tx: Any, n: int) -> None:
    new = NewProvider(
        f"Centre {n}",
        ("repair_centre",),
        ("engine",),
        HERE,
        capacity=9999,
        email="jobs@example.org",
    )
    centre = await parties.register_provider(tx, new)
    await fulfilment.set_stock(tx, [StockLine(centre.id, "ignition_coil", 10**6)])


class Fleet:
    """The machines of a plan, as a process of their own: connected first, let go together."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        command = [sys.executable, str(ROOT / "benchmarks" / "fleet.py")]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, cwd=ROOT
        )
        self._write(json.dumps(asdict(plan)))

    def _write(self, line: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    async def ready(self) -> None:
        assert self._process.stderr
        line = await asyncio.to_thread(self._process.stderr.readline)
        if line.strip() != "ready":
            raise RuntimeError(line + self._process.stderr.read())

    async def go(self) -> dict[str, Any]:
        """What it saw, once all of it is answered."""
        self._write("go")
        written, errors = await asyncio.to_thread(self._process.communicate)
        if self._process.returncode:
            raise RuntimeError(errors)
        told: dict[str, Any] = json.loads(written)
        return told


async def ride(plan: Plan) -> dict[str, Any]:
    """One run of a fleet."""
    fleet = Fleet(plan)
    await fleet.ready()
    return await fleet.go()


async def sizes(url: str) -> dict[str, int]:
    """How many rows each table of the desk has; partitions count for their parent."""
    connection = await asyncpg.connect(url)
    names = await connection.fetch(
        "select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition"
        " and c.relname not like 'bench_%'"
    )
    counted = {
        one["name"]: await connection.fetchval(f'select count(*) from "{one["name"]}"')
        for one in names
    }
    await connection.close()
    return counted


async def limit(url: str, before: dict[str, int], items: int) -> tuple[float, float]:
    """How many items a second the same PostgreSQL takes when the rows that these left are merely
    inserted, in batches, into tables with the same columns and indexes, a statement a table:
    nothing is read, decided, decoded or sent. And how many rows an item has left.
    """
    after = await sizes(url)
    connection = await asyncpg.connect(url)
    grown = {name: rows - before.get(name, 0) for name, rows in after.items()}
    taken = [await _rows(connection, name, more) for name, more in grown.items() if more > 0]
    began = time.perf_counter()
    for at in range(0, items, BATCH):
        async with connection.transaction():
            for sql, rows in taken:
                first, last = (len(rows) * n // items for n in (at, min(at + BATCH, items)))
                await connection.execute(sql, *columns(rows[first:last]))
    took = time.perf_counter() - began
    await connection.close()
    return items / took, sum(len(rows) for _, rows in taken) / items


async def _rows(connection: Any, name: str, most: int) -> tuple[str, list[tuple[Any, ...]]]:
    """Rows of a table, and the statement that inserts such into an empty twin of it."""
    await connection.execute(f'drop table if exists "bench_{name}"')
    await connection.execute(f'create table "bench_{name}" (like "{name}" including all)')
    told = await connection.fetch(_COLUMNS, name)
    names = ", ".join(f'"{one["name"]}"' for one in told)
    # an array within an array would be a further dimension of it: such goes as text
    read = ", ".join(
        f'"{one["name"]}"::text' if one["nested"] else f'"{one["name"]}"' for one in told
    )
    rows = await connection.fetch(
        f'select {read} from "{name}" order by tableoid desc, ctid desc limit {most}'
    )
    numbered = list(enumerate(told, 1))
    given = ", ".join(f"${n}::{'text' if one['nested'] else one['type']}[]" for n, one in numbered)
    cast = ", ".join(f"c{n}::{one['type']}" for n, one in numbered)
    held = ", ".join(f"c{n}" for n, _ in numbered)
    sql = (
        f'insert into "bench_{name}" ({names}) select {cast} from unnest({given}) as given ({held})'
    )
    return sql, [tuple(one) for one in rows]


def machine() -> str:
    return f"{platform.system()}, {os.cpu_count()} cores, Python {platform.python_version()}"
