"""All trials of the journey engines, one after another, each bounded; prints Markdown tables."""

import asyncio
import os
import signal
import statistics
import sys
from pathlib import Path
from typing import Any

from benchmarks.journey_engine import fence, server, trials

CANDIDATES = {"dbos_trial": "DBOS", "procrastinate_trial": "procrastinate", "thin": "thin journal"}
THROUGHPUT = [  # candidate, mode, workers, journeys
    ("dbos_trial", "one", 1, 50),
    ("dbos_trial", "many", 1, 150),
    ("dbos_trial", "best", 1, 300),
    ("dbos_trial", "best", 2, 300),
    ("procrastinate_trial", "one", 1, 200),
    ("procrastinate_trial", "many", 1, 400),
    ("procrastinate_trial", "best", 1, 800),
    ("procrastinate_trial", "best", 2, 800),
    ("thin", "one", 1, 1500),
    ("thin", "one", 2, 1500),
    ("thin", "best", 1, 15_000),
    ("thin", "best", 2, 15_000),
]
FAULTS = [
    (candidate, "best" if candidate == "thin" else "many", kind, step)
    for candidate in CANDIDATES
    for kind, step in (("STOP", 3), ("KILL", 3), ("KILL", 8))
]
WAITING = [  # candidate, brought to their wait by the engine, and by plain inserts
    ("dbos_trial", 2000, 0),
    ("procrastinate_trial", 500, 0),
    ("procrastinate_trial", 200, 100_000),
    ("thin", 100_000, 0),
]


def table(head: list[str], lines: list[list[Any]]) -> None:
    print("\n| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for line in lines:
        print("| " + " | ".join(str(cell) for cell in line) + " |", flush=True)


async def throughput(home: Path, rounds: int) -> None:
    lines = []
    for candidate, mode, workers, count in THROUGHPUT:
        found = [
            await trials.throughput(home, candidate, mode, workers, count) for _ in range(rounds)
        ]
        rates, limits, shares = (
            [result[key] for result in found] for key in ("rate", "limit", "share")
        )
        spread = f"{min(rates):.0f} to {max(rates):.0f}"
        faults = [result["faults"] for result in found if result["faults"]] or "none"
        lines.append([
            CANDIDATES[candidate], mode, workers, f"{statistics.median(rates):.0f}", spread,
            f"{statistics.median(limits):.0f}", f"{statistics.median(shares):.1%}", faults,
        ])  # fmt: skip
        print("·", *lines[-1], f"load {os.getloadavg()[0]:.1f}", file=sys.stderr)
    table(["engine", "mode", "workers", "journeys/s", "range", "limit/s", "share of it", "faults"],
          lines)  # fmt: skip


async def named(head: list[str], rows: list[tuple[list[Any], dict[str, Any]]]) -> None:
    table([*head, *rows[0][1]], [[*names, *found.values()] for names, found in rows])


async def main(home: Path, rounds: int) -> None:
    await throughput(home, rounds)
    await named(
        ["engine", "mode", "fault in step"],
        [([CANDIDATES[c], mode, f"SIG{kind} {step}"], await trials.fault(home, c, mode, kind, step))
         for c, mode, kind, step in FAULTS],
    )  # fmt: skip
    await named(
        ["engine"],
        [([CANDIDATES[c]], await trials.waiting(home, c, count, standing))
         for c, count, standing in WAITING],
    )  # fmt: skip
    print("\na bad run among 100:", await fence.bad_run(home))
    print("a batch slower than its lease:", await fence.slow_batch(home))
    for size in (1, 4):
        print("stopped while reading:", await fence.stopped_while_reading(home, size))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended before its time"))
    with server.running() as folder:
        asyncio.run(main(folder, int(sys.argv[1]) if len(sys.argv) > 1 else 3))
