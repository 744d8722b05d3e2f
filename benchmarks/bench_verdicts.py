"""Verdicts a second: one by one and together, each with its money reserved, beside their own rows
inserted in batches into the same PostgreSQL.

python benchmarks/bench_verdicts.py
"""

import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import uvloop

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from benchmarks import harness

from thingdesk import app, mandates, parties
from thingdesk.mandates import Action, Answer
from thingdesk.platform import clock, garbage, ids, present
from thingdesk.platform.database import Database, Transaction
from thingdesk.platform.money import Money
from thingdesk.platform.settings import Settings

CARS, TOGETHER, ROUNDS = 500, 50, 3
COST = Money(100, "EUR")


async def actions(database: Database, cars: list[str]) -> list[Action]:
    """An effect of another case for each car: nobody waits for the money of anybody else."""
    async with database.transaction() as tx:
        owned = await parties.ownerships_of(tx, [(one, clock.now()) for one in cars])
    return [
        Action(
            ids.new(),
            one.owner_id,
            one.machine,
            ids.new(),
            "vehicle.repair",
            "reserve_part",
            amount=COST,
        )
        for one in owned
        if one
    ]


async def alone(database: Database, wanted: list[Action]) -> None:
    for one in wanted:
        async with database.transaction() as tx:
            verdict = await mandates.check(tx, one)
        assert verdict.answer is Answer.ALLOW, verdict


async def together(database: Database, wanted: list[Action]) -> None:
    """As the journeys of a batch do, which take turns in one transaction."""
    for at in range(0, len(wanted), TOGETHER):
        async with database.transaction() as tx:

            async def ask(one: Action, tx: Transaction = tx) -> None:
                verdict = await mandates.check(tx, one)
                assert verdict.answer is Answer.ALLOW, verdict

            await tx.together([ask(one) for one in wanted[at : at + TOGETHER]])


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder))
        async with app.database(settings) as database:
            await app.migrate_all(database)
            fleet = [one.machine for one in await harness.register(database, CARS)]
            garbage.look_seldom()
            url = present.read(settings.data_dir)["database"]
            for name, way in (("one by one", alone), (f"{TOGETHER} together", together)):
                rates, limits = [], []
                for _ in range(ROUNDS):
                    wanted = await actions(database, fleet)
                    before = await harness.sizes(url)
                    started = time.perf_counter()
                    await way(database, wanted)
                    rates.append(len(wanted) / (time.perf_counter() - started))
                    most, each = await harness.limit(url, before, len(wanted))
                    limits.append(most)
                part = median(rates) / median(limits)
                print(
                    f"verdicts {name}: {median(rates):.0f}/s, {min(rates):.0f} to {max(rates):.0f}"
                )
                print(
                    f"   their {each:.1f} rows in batches: {median(limits):.0f}/s; {part:.2f} of it"
                )


if __name__ == "__main__":
    uvloop.run(main())
