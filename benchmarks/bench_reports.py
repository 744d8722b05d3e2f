"""Distinct reports a second to their receipts, over MQTT QoS 1 and over HTTP: each opens a case.

Beside it the limit: the same rows merely inserted, in batches, into the same PostgreSQL.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

import uvloop

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from benchmarks.harness import Running, a_desk, limit, machine, ride, sizes

from thingdesk.platform import present

MACHINES = 200
EACH = 40
WAYS: dict[str, dict[str, Any]] = {
    "mqtt": {"through": "mqtt", "window": 10},
    "http": {"through": "http", "connections": 64},
    "http, 20 a request": {"through": "http", "connections": 16, "batch": 20},
}


async def measure(running: Running, name: str, first: int) -> None:
    url = present.read(running.desk.folder)["database"]
    before = await sizes(url)
    told = await ride(running.plan(count=EACH, first=first, **WAYS[name]))
    receipted = told["receipted"]
    assert receipted == MACHINES * EACH, told
    rate = receipted / told["seconds"]
    most, rows = await limit(url, before, receipted)
    print(
        f"{name:20} {rate:7.0f}/s   limit {most:7.0f}/s ({rows:.1f} rows each)   "
        f"ratio {rate / most:.2f}   median {told['median']:.3f} s   p99 {told['p99']:.3f} s",
        flush=True,
    )


async def main() -> None:
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        for n, name in enumerate(WAYS):
            roles = "web,ingest"
            async with a_desk(Path(folder) / str(n), MACHINES, roles=roles) as running:
                await measure(running, name, n * EACH)


if __name__ == "__main__":
    uvloop.run(main())
