"""Corners of the thin journal's lease, which is the server's own time-out for idle transactions:
a worker that is paused while it reads an answer, and a bad run among good ones."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import asyncpg
from benchmarks.journey_engine import rows, thin, trials

STATE = "select state, wait_event from pg_stat_activity where pid = $1"


async def claim_and_stop(dsn: str, lease: float) -> None:
    """Claim, and stop between asking for the rows and reading them."""
    conn = await asyncpg.connect(dsn, server_settings={"application_name": "journeys"})
    await conn.execute(f"begin; set local idle_in_transaction_session_timeout={int(lease * 1000)}")
    claim = await conn.prepare(thin.CLAIM_DUE)
    print(conn.get_server_pid(), flush=True)
    reading = asyncio.ensure_future(claim.fetch(100))
    await asyncio.sleep(0)
    os.kill(os.getpid(), signal.SIGSTOP)
    await reading


async def stopped_while_reading(home: Path, input_kb: int) -> dict[str, Any]:
    """100 claimed runs with inputs of this size; how long their locks outlive the lease."""
    async with trials.database(home, f"reading_{uuid.uuid4().hex[:6]}") as (dsn, conn):
        text = '"' + os.urandom(input_kb * 512).hex() + '"'
        ids = [uuid.uuid4() for _ in range(100)]
        await conn.execute(rows.numbered("run"), ids, [text] * 100)
        command = [sys.executable, "-m", "benchmarks.journey_engine.fence", dsn, str(trials.LEASE)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=trials.ROOT)  # noqa: ASYNC220 - alone
        try:
            assert process.stdout is not None
            backend = int(process.stdout.readline())
            await trials.out_of_action(process, "STOP")
            free = "select count(*) from (select 1 from run for update skip locked) free"
            await asyncio.sleep(0.5)  # to look is to lock: not before the claim is under way
            held = 100 - await conn.fetchval(free)
            found = {"answer KB": input_kb * 100, "held": held}
            with contextlib.suppress(TimeoutError):
                took = await trials.until(conn, free, 100, trials.LEASE * 3)
                return found | {"freed by the lease after s": round(took + 0.5, 1)}
            found["outlives three leases as"] = tuple(await conn.fetchrow(STATE, backend))
            await conn.execute(thin.SWEEP, trials.LEASE)
            took = await trials.until(conn, free, 100, trials.LEASE)
            return found | {"freed after the sweep by s": round(took, 1)}
        finally:
            process.kill()
            process.wait()


async def bad_run(home: Path) -> dict[str, Any]:
    """A run whose journal no longer fits its code, claimed together with 99 good ones."""
    async with trials.database(home, f"bad_{uuid.uuid4().hex[:6]}") as (dsn, conn):
        await thin.start(dsn, 100)
        await conn.execute(
            """update run set journal = '{"done": [["elsewhere", 1]], "inbox": []}'
            where id = (select id from run limit 1)"""
        )
        began = time.perf_counter()
        worker = thin.Worker(dsn, 100, trials.LEASE)
        advanced = await worker.once()
        took = time.perf_counter() - began
        assert worker.conn is not None
        await worker.conn.close()
        states = await conn.fetch("select state, count(*) from run group by 1 order by 1")
        return {"claimed": advanced, "states": [tuple(row) for row in states], "s": round(took, 2)}


async def slow_batch(home: Path) -> dict[str, Any]:
    """A full batch that needs longer than the lease without a word to the server."""

    async def slow(journey: thin.Journey) -> None:
        time.sleep(0.01)  # noqa: ASYNC251 - an author's code that computes
        await thin.repair(journey)

    async with trials.database(home, f"slow_{uuid.uuid4().hex[:6]}") as (dsn, conn):
        await thin.start(dsn, 100)
        began = time.perf_counter()
        worker = asyncio.ensure_future(thin.Worker(dsn, 100, 0.5, slow).run())
        try:
            await trials.until(conn, trials.WAITING, 100, 30)
        finally:
            worker.cancel()
        commits = await conn.fetchval("select count(distinct xmin::text) from run")
        took = round(time.perf_counter() - began, 1)
        return {"lease s": 0.5, "a full batch s": 1.0, "all waiting after s": took,
                "commits": commits}  # fmt: skip


if __name__ == "__main__":
    asyncio.run(claim_and_stop(sys.argv[1], float(sys.argv[2])))
