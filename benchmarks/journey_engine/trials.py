"""The trials themselves, the same for every candidate."""

import asyncio
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import asyncpg
import psutil
from benchmarks.journey_engine import limit, rows, server

LEASE = 3.0
ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def database(home: Path, name: str) -> AsyncIterator[tuple[str, asyncpg.Connection]]:
    """A fresh database with our tables, dropped afterwards."""
    admin = await asyncpg.connect(server.dsn(home, "postgres"))
    await admin.execute(f'create database "{name}"')
    conn = await asyncpg.connect(server.dsn(home, name))
    await conn.execute(rows.SCHEMA)
    try:
        yield server.dsn(home, name), conn
    finally:
        await conn.close()
        await admin.execute(f'drop database "{name}" with (force)')
        await admin.close()


@contextmanager
def worker(
    candidate: str, dsn: str, mode: str, name: str, **environment: str
) -> Iterator[subprocess.Popen[str]]:
    """A process that is ready to work and begins on the first line it is told."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.journey_engine.worker",
         candidate, dsn, mode, name, str(LEASE)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        env=os.environ | environment,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


async def until(
    conn: asyncpg.Connection, sql: str, wanted: int, seconds: float, pause: float = 0.05
) -> float:
    """Seconds until the query answers `wanted`; fails when it does not in time."""
    began = time.perf_counter()
    while (found := await conn.fetchval(sql)) < wanted:
        if time.perf_counter() - began > seconds:
            raise TimeoutError(f"{found} of {wanted} after {seconds} s: {sql}")
        await asyncio.sleep(pause)
    return time.perf_counter() - began


WAITING = "select count(*) from run where state = 'waiting'"
REACHED = "select count(distinct run_id) from step_row where step = {}"
DONE = "select count(*) from run where id = '{}' and state = 'done'"


async def throughput(
    home: Path, candidate: str, mode: str, workers: int, count: int
) -> dict[str, Any]:
    """Journeys per second from start to first wait, beside the limit of the same minute."""
    module = import_module(f"benchmarks.journey_engine.{candidate}")
    name = f"{candidate}_{mode}_{workers}_{uuid.uuid4().hex[:6]}"
    insert_only = await _limit(home, name, workers + 1)  # who starts journeys is one, too
    async with database(home, name) as (dsn, conn):
        await module.setup(dsn)
        with ExitStack() as stack:
            processes = [
                stack.enter_context(worker(candidate, dsn, mode, f"w{n}")) for n in range(workers)
            ]
            for process in processes:
                go(process)
            await _warm(conn, module, dsn)
            began = time.perf_counter()
            await module.start(dsn, count)
            await until(conn, WAITING, count + 20, 180)
            rate = count / (time.perf_counter() - began)
        faults = {key: n for key, n in (await rows.audit(conn)).items() if n}
    return {"rate": rate, "limit": insert_only, "share": rate / insert_only, "faults": faults}


async def _limit(home: Path, name: str, workers: int) -> float:
    async with database(home, name + "_limit") as (dsn, conn):
        with ExitStack() as stack:
            processes = [
                stack.enter_context(worker("limit", dsn, "best", "w")) for _ in range(workers)
            ]
            for process in processes:
                go(process)
            await until(conn, "select count(*) from run", 1, 10, 0.002)
            wanted = limit.EACH * workers
            took = await until(conn, "select count(*) from run", wanted, 60)
    return wanted / took


async def _warm(conn: asyncpg.Connection, module: Any, dsn: str) -> None:
    await module.start(dsn, 20)
    await until(conn, WAITING, 20, 60)


async def fault(home: Path, candidate: str, mode: str, kind: str, step: int) -> dict[str, Any]:
    """A worker is stopped (longer than its lease) or killed inside a step; another is there."""
    module = import_module(f"benchmarks.journey_engine.{candidate}")
    count = 20
    with tempfile.TemporaryDirectory() as folder:
        calls = Path(folder) / "calls"
        calls.touch()
        shared = {"TRIAL_CALLS": str(calls)}
        async with database(home, f"{candidate}_{kind}_{uuid.uuid4().hex[:6]}") as (dsn, conn):
            await module.setup(dsn)
            first = worker(candidate, dsn, mode, "first", TRIAL_FAULT=f"{kind}:{step}", **shared)
            with first as a, worker(candidate, dsn, mode, "second", **shared) as b:
                go(a)
                ids = await module.start(dsn, count)
                if step > rows.STEPS:
                    await until(conn, WAITING, count, 60)
                    await module.send(dsn, ids)
                await out_of_action(a, kind)
                go(b)
                ended = REACHED.format(rows.STEPS if step <= rows.STEPS else 8)
                taken_over = await until(conn, ended, count, 90)
                before = calls.read_text().count("\n")
                if kind == "STOP":
                    a.send_signal(signal.SIGCONT)
                    await asyncio.sleep(5)  # what would the paused worker do now that it wakes?
                found = await rows.audit(conn)
        ran = [line.split() for line in calls.read_text().splitlines()]
    twice = Counter((run, body) for run, body, _ in ran)
    return {
        "take-over s": round(taken_over, 2),
        "bodies run twice": sum(n > 1 for n in twice.values()),
        "of them after waking": sum(int(pid) == a.pid for *_, pid in ran[before:]),
        **found,
    }


async def out_of_action(process: subprocess.Popen[str], kind: str) -> None:
    wanted = psutil.STATUS_STOPPED if kind == "STOP" else psutil.STATUS_ZOMBIE
    ended = time.perf_counter() + 60
    while psutil.Process(process.pid).status() != wanted:
        if time.perf_counter() > ended:
            raise TimeoutError(f"the worker never met its {kind}")
        await asyncio.sleep(0.01)


async def waiting(home: Path, candidate: str, count: int, standing: int = 0) -> dict[str, Any]:
    """What many waiting journeys cost while nothing happens, and how one of them is woken."""
    module = import_module(f"benchmarks.journey_engine.{candidate}")
    async with database(home, f"{candidate}_wait_{uuid.uuid4().hex[:6]}") as (dsn, conn):
        await module.setup(dsn)
        if standing:
            await module.stand(dsn, standing)
        with worker(candidate, dsn, "best", "w0") as process:
            go(process)
            await _warm(conn, module, dsn)
            own = psutil.Process(process.pid)
            before = own.memory_info().rss
            began = time.perf_counter()
            ids = await module.start(dsn, count)
            await until(conn, WAITING, count + 20, 240, 0.5)
            took = time.perf_counter() - began
            await asyncio.sleep(3)
            after = own.memory_info().rss
            cpu = await _cpu(home, own, 10)
            wake = [await _wake(conn, module, dsn, one) for one in ids[:5]]
        size = await conn.fetchval("select pg_database_size(current_database())")
    return {
        "waiting": count + standing,
        "journeys/s": round(count / took),
        "worker MB before": round(before / 1e6),
        "worker MB": round(after / 1e6),
        "database MB": round(size / 1e6),
        "worker cpu %": round(cpu[0], 2),
        "database cpu %": round(cpu[1], 2),
        "woken ms": round(statistics.median(wake) * 1000),
    }


async def _wake(conn: asyncpg.Connection, module: Any, dsn: str, one: uuid.UUID) -> float:
    began = time.perf_counter()
    await module.send(dsn, [one])
    await until(conn, DONE.format(one), 1, 20, 0.005)
    return time.perf_counter() - began


async def _cpu(home: Path, own: psutil.Process, seconds: float) -> tuple[float, float]:
    """Percent of one core: of the worker, and of the database's processes that live through it."""
    master = psutil.Process(server.postmaster(home))

    def spent() -> tuple[float, dict[int, float]]:
        return sum(own.cpu_times()[:2]), {
            child.pid: sum(child.cpu_times()[:2]) for child in [master, *master.children()]
        }

    ours, theirs = spent()
    await asyncio.sleep(seconds)
    ours_after, theirs_after = spent()
    used = sum(theirs_after[pid] - theirs[pid] for pid in theirs.keys() & theirs_after.keys())
    return (ours_after - ours) / seconds * 100, used / seconds * 100
