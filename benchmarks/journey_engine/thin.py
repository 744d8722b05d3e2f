"""Candidate c: a thin journal on PostgreSQL. Everything between two waits is one commit."""

import asyncio
import contextlib
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import orjson
from benchmarks.journey_engine import rows

CLAIM_DUE = """
select id, input, journal, head, epoch from run
where wake_at <= now() order by wake_at limit $1 for update skip locked"""
CLAIM_TOLD = """
select id, input, journal, head, epoch from run
where id in (select run_id from message where not seen order by id limit $1)
  and id <> all($2::uuid[]) for update skip locked"""
CLAIM_ONE = """
select id, input, journal, head, epoch from run where id = $1 and state <> 'done'
for update skip locked"""
SEE = """
update message set seen = true where run_id = any($1::uuid[]) and not seen
returning id, run_id, key, value"""
SAVE = """
update run set journal = t.j::jsonb, head = t.h, epoch = epoch + 1, state = t.st,
    wake_at = case when t.w is null then null else to_timestamp(t.w) end
from unnest($1::uuid[], $2::text[], $3::bytea[], $4::text[], $5::float8[])
    as t(id, j, h, st, w)
where run.id = t.id"""
SWEEP = """
select pg_terminate_backend(pid) from pg_stat_activity
where application_name = 'journeys' and datname = current_database() and state = 'active'
  and wait_event = 'ClientWrite' and query_start < now() - make_interval(secs => $1)"""
POLL = 0.25  # seconds; for deadlines and for the runs of a worker that is gone
FAIL = "update run set state = 'failed', wake_at = null where id = $1"
LOST = (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, ConnectionError, OSError)
FENCED = (asyncpg.IdleInTransactionSessionTimeoutError, asyncpg.AdminShutdownError)


class Wait(BaseException):
    """Not an error: leaves the coroutine where it waits."""


class Journey:
    """One run while it is claimed: replays its journal, then buffers what it does."""

    def __init__(self, row: asyncpg.Record) -> None:
        self.id: uuid.UUID = row["id"]
        self.head: bytes = row["head"]
        self.epoch: int = row["epoch"]
        self.journal = orjson.loads(row["journal"])
        self.done: list[list[Any]] = self.journal["done"]
        self.inbox: list[list[Any]] = self.journal["inbox"]
        self.at = 0
        self.state = "ready"
        self.wake_at: float | None = None
        self.written: dict[str, list[Any]] = {}

    def _recorded(self, name: str) -> tuple[bool, Any]:
        if self.at == len(self.done):
            return False, None
        found, result = self.done[self.at]
        if found != name:
            raise RuntimeError(f"the code says {name}, the journal says {found}")
        self.at += 1
        return True, result

    def _record(self, name: str, result: Any) -> Any:
        self.done.append([name, result])
        self.at += 1
        return result

    async def step(self, name: str, act: Callable[[], Awaitable[Any]]) -> Any:
        known, result = self._recorded(name)
        return result if known else self._record(name, await act())

    def write(self, written: dict[str, list[Any]]) -> None:
        self.head = rows.digest_of(written)
        for table, lines in written.items():
            self.written.setdefault(table, []).extend(lines)

    def wait(self, key: str, seconds: float) -> Any:
        """The message that came, or None when the time is over."""
        opened, deadline = self._recorded(f"{key}?")
        if not opened:
            deadline = self._record(f"{key}?", time.time() + seconds)
        known, result = self._recorded(key)
        if known:
            return result
        told = next((entry for entry in self.inbox if entry[0] == key), None)
        if told is None and deadline > time.time():
            self.state, self.wake_at = "waiting", deadline
            raise Wait
        if told is not None:
            self.inbox.remove(told)
        return self._record(key, told and told[1])


Code = Callable[[Journey], Awaitable[None]]


async def repair(journey: Journey) -> None:
    async def act() -> str:
        written = rows.step_rows(journey.id, journey.at + 1, journey.head, journey.epoch)
        journey.write(written)
        return "ok"

    for step in range(1, rows.STEPS + 1):
        await journey.step(f"step {step}", act)
    journey.wait("go", 86_400)

    async def after() -> str:
        journey.write(rows.step_rows(journey.id, journey.at - 1, journey.head, journey.epoch))
        return "ok"

    for step in (7, 8):
        await journey.step(f"step {step}", after)


class Worker:
    def __init__(self, dsn: str, batch: int, lease: float, code: Code | None = None) -> None:
        self.dsn, self.lease, self.code = dsn, lease, code or repair
        self.most = self.batch = batch
        self.sweep_at = 0.0
        self.conn: asyncpg.Connection | None = None
        self.wake = asyncio.Event()

    async def run(self) -> None:
        while True:
            try:
                self.wake.clear()
                found = await self.once()
                self.batch = min(self.most, self.batch * 2)
                await self._sweep()
                if not found:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self.wake.wait(), POLL)
            except (*LOST, *FENCED):
                self.conn = None  # the server ended our session: another has our runs
                self.batch = max(1, self.batch // 2)  # and if we were merely slow, take fewer

    async def _sweep(self) -> None:
        """A worker that is paused while it reads is not idle to the server: end it by hand."""
        if self.conn is not None and time.monotonic() > self.sweep_at:
            self.sweep_at = time.monotonic() + self.lease / 2
            await self.conn.execute(SWEEP, self.lease)

    async def once(self) -> int:
        """Advance one batch; when it fails, each of its runs alone, so that a bad one is alone."""
        conn = self.conn = self.conn or await self._connect()
        claimed: list[uuid.UUID] = []
        try:
            return await self._batch(conn, claimed, None)
        except (*LOST, *FENCED):
            raise
        except Exception:  # noqa: BLE001 - an author's code may raise anything
            for one in claimed:
                await self._alone(conn, one)
            return len(claimed)

    async def _connect(self) -> asyncpg.Connection:
        conn = await asyncpg.connect(self.dsn, server_settings={"application_name": "journeys"})
        await conn.add_listener("journeys", lambda *_: self.wake.set())
        return conn

    async def _alone(self, conn: asyncpg.Connection, one: uuid.UUID) -> None:
        try:
            await self._batch(conn, [], one)
        except (*LOST, *FENCED):
            raise
        except Exception:  # noqa: BLE001 - the same
            await conn.execute(FAIL, one)

    async def _batch(
        self, conn: asyncpg.Connection, claimed: list[uuid.UUID], only: uuid.UUID | None
    ) -> int:
        await conn.execute(
            f"begin; set local idle_in_transaction_session_timeout = {int(self.lease * 1000)}"
        )
        try:
            runs = [Journey(row) for row in await self._claim(conn, only)]
            claimed.extend(run.id for run in runs)
            await self._hand_messages(conn, runs)
            for run in runs:
                with contextlib.suppress(Wait):
                    await self.code(run)
                    run.state = "done"
            await self._flush(conn, runs)
        except BaseException:
            if not conn.is_closed():
                await conn.execute("rollback")
            raise
        await conn.execute("commit")
        return len(runs)

    async def _claim(
        self, conn: asyncpg.Connection, only: uuid.UUID | None
    ) -> list[asyncpg.Record]:
        if only is not None:
            return list(await conn.fetch(CLAIM_ONE, only))
        due = await conn.fetch(CLAIM_DUE, self.batch)
        told = await conn.fetch(CLAIM_TOLD, self.batch, [row["id"] for row in due])
        return [*due, *told]

    async def _hand_messages(self, conn: asyncpg.Connection, runs: list[Journey]) -> None:
        by_id = {run.id: run for run in runs}
        told = await conn.fetch(SEE, list(by_id)) if by_id else []
        for row in sorted(told, key=lambda row: row["id"]):
            by_id[row["run_id"]].inbox.append([row["key"], orjson.loads(row["value"])])

    async def _flush(self, conn: asyncpg.Connection, runs: list[Journey]) -> None:
        gathered: dict[str, list[Any]] = {}
        for run in runs:
            for table, lines in run.written.items():
                gathered.setdefault(table, []).extend(lines)
        for table, lines in gathered.items():
            await conn.execute(rows.numbered(table), *rows.columns(lines))
        saved = [(r.id, orjson.dumps(r.journal).decode(), r.head, r.state, r.wake_at) for r in runs]
        if saved:
            await conn.execute(SAVE, *rows.columns(saved))


async def setup(dsn: str) -> None:
    """The tables in rows.SCHEMA are all it needs."""


async def start(dsn: str, count: int) -> list[uuid.UUID]:
    conn = await asyncpg.connect(dsn)
    ids = [uuid.uuid4() for _ in range(count)]
    text = orjson.dumps({"fault": "P0301", "part": "ignition coil"}).decode()
    for at in range(0, count, 100):
        part = ids[at : at + 100]
        async with conn.transaction():
            await conn.execute(rows.numbered("run"), part, [text] * len(part))
            await conn.execute("notify journeys")
    await conn.close()
    return ids


async def send(dsn: str, ids: list[uuid.UUID]) -> None:
    conn = await asyncpg.connect(dsn)
    sql = "insert into message(run_id, key, value) select unnest($1::uuid[]), 'go', '1'::jsonb"
    async with conn.transaction():
        await conn.execute(sql, ids)
        await conn.execute("notify journeys")
    await conn.close()


async def work(dsn: str, mode: str, name: str, lease: float) -> None:  # noqa: ARG001 - as all trials
    await Worker(dsn, 1 if mode == "one" else 100, lease).run()
