"""The spine's figures, each beside its limit, measured in the same run on the same PostgreSQL.

python benchmarks/bench_spine.py          the embedded PostgreSQL, with its durable settings
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median

import uvloop

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from benchmarks import harness
from tests.hand import HERE

from thingdesk import app, fulfilment, mandates, parties, signals
from thingdesk.cases import Report
from thingdesk.flow import Flow
from thingdesk.fulfilment import StockLine
from thingdesk.mandates import Terms
from thingdesk.parties import NewMachine, NewOwner, NewProvider
from thingdesk.platform import clock, durable, garbage, ids, present
from thingdesk.platform.database import Database
from thingdesk.platform.money import Money
from thingdesk.platform.settings import Settings
from thingdesk.signals import Signal

MACHINES = 1000
GROUP = 200
ROUNDS = 3
FLEETS = 2 * ROUNDS
"""Each is measured once: owners who were asked before are asked in one mail, or not at all."""


async def prepare(database: Database) -> None:
    async with database.transaction() as tx:
        names = [car(fleet, i) for fleet in range(FLEETS) for i in range(MACHINES)]
        for n in range(0, len(names), 500):
            cars = [
                NewMachine(
                    name,
                    "car",
                    "car",
                    serial=name,
                    position=HERE,
                    owner=NewOwner(f"{name}@example.org", f"Owner of {name}"),
                )
                for name in names[n : n + 500]
            ]
            await parties.register(tx, cars)
        for k in range(4):
            centre = await parties.register_provider(
                tx,
                NewProvider(
                    f"Centre {k}",
                    ("repair_centre",),
                    ("engine",),
                    HERE,
                    capacity=9999,
                    email="jobs@example.org",
                ),
            )
            await fulfilment.set_stock(tx, [StockLine(centre.id, "ignition_coil", 10**6)])
        owned = await parties.ownerships_of(tx, [(name, clock.now()) for name in names])
        terms = Terms(("*",), per_case=Money(10**6, "EUR"), per_period=Money(10**8, "EUR"))
        for one in owned:
            assert one
            await mandates.grant(tx, one.owner_id, terms)


def car(fleet: int, n: int) -> str:
    return f"car-{fleet}-{n}"


async def timed(act: Callable[[int], Awaitable[None]], count: int) -> float:
    """Items per second of one round."""
    started = time.perf_counter()
    await act(count)
    return count / (time.perf_counter() - started)


async def limit(database: Database, count: int) -> None:
    """Rows of about the same size, merely inserted in batches."""
    for _ in range(0, count, GROUP):
        async with database.transaction() as tx:
            await tx.execute(
                "insert into bench_limit select * from unnest($1::uuid[], $2::text[])",
                [ids.new() for _ in range(GROUP)],
                ["x" * 200] * GROUP,
            )


async def reports(database: Database, flow: Flow, fleet: int, count: int) -> None:
    for start in range(0, count, GROUP):
        group = [
            Report(
                car(fleet, i),
                str(ids.new()),
                b"",
                clock.now(),
                "vehicle.repair",
                {"code": "P0301"},
                car(fleet, i),
            )
            for i in range(start, start + GROUP)
        ]
        async with database.transaction() as tx:
            await flow.take_reports(tx, group)


async def run_journeys(engine: durable.Engine) -> int:
    done = 0
    while taken := await engine.once():
        done += taken
    return done


async def worker(url: str) -> None:
    """A process that works journeys off, once it is told to."""
    flow = app.make_flow(Settings())
    database = await Database.connect(url, most=4)
    engine = durable.Engine(database, flow.drivers, batch=100)
    garbage.look_seldom()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    print(await run_journeys(engine), flush=True)
    await database.close()


async def by_two(url: str) -> float:
    """Journeys a second of two processes."""
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, __file__, url)
    both = [
        await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe) for _ in range(2)
    ]
    for one in both:
        assert one.stdout
        await one.stdout.readline()
    started = time.perf_counter()
    told = await asyncio.gather(*(one.communicate(b"go\n") for one in both))
    took = time.perf_counter() - started
    return sum(int(out) for out, _ in told) / took


async def say(database: Database, flow: Flow, count: int) -> None:
    for start in range(0, count, GROUP):
        group = [
            Signal(
                car(0, i % MACHINES),
                str(ids.new()),
                b"",
                clock.now(),
                {"engine_coolant_temperature": 90.0, "speed": 50.0},
            )
            for i in range(start, start + GROUP)
        ]
        async with database.transaction() as tx:
            await flow.take_signals(tx, group)
    left = count
    while left > 0:
        async with database.transaction() as tx:
            left -= await flow.diagnose(tx)


async def measure(database: Database, flow: Flow, url: str) -> None:
    engine = durable.Engine(database, flow.drivers, batch=100)
    async with database.transaction() as tx:
        await tx.execute("create table if not exists bench_limit (id uuid, words text)")
        await signals.make_room(tx)
    names = ("limit", "reports", "journeys", "by two", "rows of them", "signals")
    figures: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(ROUNDS):
        figures["limit"].append(await timed(lambda n: limit(database, n), 20_000))
        figures["reports"].append(await timed(lambda n: reports(database, flow, turn, n), MACHINES))  # noqa: B023 - used at once
        started = time.perf_counter()
        done = await run_journeys(engine)
        figures["journeys"].append(done / (time.perf_counter() - started))
        await reports(database, flow, ROUNDS + turn, MACHINES)
        before = await harness.sizes(url)
        figures["by two"].append(await by_two(url))
        most, each = await harness.limit(url, before, MACHINES)
        figures["rows of them"].append(most)
        figures["signals"].append(await timed(lambda n: say(database, flow, n), 10_000))
    for name, values in figures.items():
        print(f"{name:12} {median(values):10.0f}/s   {min(values):.0f} to {max(values):.0f}")
    part = median(figures["by two"]) / median(figures["rows of them"])
    print(
        f"journeys by two processes, against their {each:.1f} rows inserted in batches: {part:.2f}"
    )


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder))
        async with app.database(settings) as database:
            await app.migrate_all(database)
            await prepare(database)
            garbage.look_seldom()
            url = present.read(settings.data_dir)["database"]
            await measure(database, app.make_flow(settings), url)


if __name__ == "__main__":
    uvloop.run(worker(sys.argv[1]) if len(sys.argv) > 1 else main())
