"""1,000, 10,000 and 100,000 registered machines, 2,000 of them connected: what a machine that is
merely there costs in throughput and memory. And one problem reported by everybody at once.
"""

import sys
import tempfile
from collections import Counter
from pathlib import Path
from statistics import median

import psutil
import uvloop

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from benchmarks.harness import Running, a_desk, machine, register, ride

SIZES = (1_000, 10_000, 100_000)
CONNECTED = 2_000
EACH = 8
ROUNDS = 3
SAME = 10


def memory(running: Running) -> Counter[str]:
    """Bytes that the desk and all that it started have for themselves, by program. PostgreSQL's
    cache, which they share, is as large as it is set, however many machines there are.
    """
    top = psutil.Process(running.desk.pid)
    used = Counter[str](desk=top.memory_full_info().uss)
    for one in top.children(recursive=True):
        used[one.name()] += one.memory_full_info().uss
    return used


async def at(running: Running, turn: int) -> tuple[float, Counter[str]]:
    """Reports a second of those that are connected, the median of some rounds, and the memory
    after them.
    """
    fleet, rates = running.machines[:CONNECTED], []
    for n in range(turn * ROUNDS, (turn + 1) * ROUNDS):
        plan = running.plan("mqtt", machines=fleet, count=EACH, first=n * EACH, window=2)
        told = await ride(plan)
        assert told["receipted"] == len(fleet) * EACH, told
        rates.append(told["receipted"] / told["seconds"])
    return median(rates), memory(running)


async def grow() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with a_desk(Path(folder), 0, roles="web,ingest") as running:
            before: tuple[int, float, Counter[str]] | None = None
            for turn, size in enumerate(SIZES):
                known = len(running.machines)
                running.machines += await register(running.database, size - known, known)
                rate, used = await at(running, turn)
                told = ", ".join(f"{name} {taken / 1e6:.0f} MB" for name, taken in used.items())
                there = min(size, CONNECTED)
                print(f"{size:7} machines, {there} connected   {rate:6.0f} reports/s   {told}")
                if before:
                    print(f"{'':7} {rate / before[1] - 1:+.0%}")
                if before and before[0] >= CONNECTED:  # as many were connected
                    each = (used.total() - before[2].total()) / (size - before[0]) / 1024
                    print(f"{'':7} {each:+.2f} KB a machine")
                before = size, rate, used


async def same_problem() -> None:
    """1,000 machines report one problem each, ten times at once, each time as another report."""
    with tempfile.TemporaryDirectory() as folder:
        async with a_desk(Path(folder), 1_000, roles="web,ingest") as running:
            told = await ride(running.plan("mqtt", count=SAME, window=SAME, same=True))
            async with running.database.transaction() as tx:
                cases = await tx.fetchval("select count(*) from desk_case")
                joined = await tx.fetchval("select sum(reports) from problem")
    reports = told["receipted"]
    print(f"{reports} reports of 1,000 problems at once: {cases} cases, {joined} reports in them")
    assert (cases, joined, reports) == (1_000, 1_000 * SAME, 1_000 * SAME)


async def main() -> None:
    print(machine())
    await same_problem()
    await grow()


if __name__ == "__main__":
    uvloop.run(main())
