"""Candidate b: procrastinate runs one job for each stretch of a journey; our tables are the
journal. `one` and `many` commit every step, `best` commits a stretch at once."""

import asyncio
import logging
import uuid
from typing import Any

import orjson
import procrastinate
import psycopg
from benchmarks.journey_engine import rows
from psycopg import sql

app = procrastinate.App(connector=procrastinate.PsycopgConnector())
settings: dict[str, Any] = {}
TAKE = "update run set epoch = epoch + 1 where id = %s returning epoch, journal, head, state"
SAVE = (
    "update run set journal = %s::jsonb, head = %s, state = %s where id = %s and epoch = %s"
    " returning id"
)
MESSAGES = (
    "update message set seen = true where run_id = %s and not seen returning key, value::text"
)


class StaleError(Exception):
    """Another job took this run: what this one did is rolled back."""


class Stretch:
    """One run while one job advances it."""

    def __init__(self, run: uuid.UUID, row: Any) -> None:
        self.run = run
        self.epoch, self.journal, self.head, self.state = row
        self.step_now = len(self.journal["done"])
        self.inbox = self.journal["inbox"]

    async def write(
        self, conn: psycopg.AsyncConnection[Any], written: dict[str, list[Any]], told: bool
    ) -> None:
        async with conn.pipeline():
            for table, lines in written.items():
                await conn.execute(rows.percent(table), rows.columns(lines))
            if told:
                await conn.execute(MESSAGES, (self.run,))
        journal = orjson.dumps(self.journal).decode()
        found = await conn.execute(SAVE, (journal, self.head, self.state, self.run, self.epoch))
        if await found.fetchone() is None:
            raise StaleError

    def act(self, into: dict[str, list[Any]]) -> None:
        """One step, replayed by being skipped: a coroutine would need our replay on top."""
        self.step_now += 1
        written = rows.step_rows(self.run, self.step_now, self.head, self.epoch)
        self.head = rows.digest_of(written)
        self.journal["done"].append([f"step {self.step_now}", "ok"])
        if self.step_now in (rows.STEPS, 8):
            self.state = "waiting" if self.step_now == rows.STEPS else "done"
        for table, lines in written.items():
            into.setdefault(table, []).extend(lines)


async def taken(conn: psycopg.AsyncConnection[Any], run: uuid.UUID) -> tuple[Stretch, int]:
    row = await (await conn.execute(TAKE, (run,))).fetchone()
    unseen = "select 1 from message where run_id = %s and not seen"
    told = await (await conn.execute(unseen, (run,))).fetchone()
    stretch = Stretch(run, row)
    further = told or stretch.step_now > rows.STEPS  # a message is seen with the step after it
    return stretch, 8 if further else rows.STEPS


@app.task(queue="journeys", pass_context=True)  # type: ignore[untyped-decorator]
async def advance(context: procrastinate.JobContext, run: str) -> None:  # noqa: ARG001 - it wants one
    key, at_once = uuid.UUID(run), settings["mode"] == "best"
    async with settings["pool"].connection() as conn:
        async with conn.transaction():
            await conn.execute(settings["fence"])
            stretch, last = await taken(conn, key)
            if at_once:
                await steps(conn, stretch, last, last)
        while stretch.step_now < last:
            async with conn.transaction():
                await conn.execute(settings["fence"])
                await steps(conn, stretch, stretch.step_now + 1, last)


async def steps(conn: psycopg.AsyncConnection[Any], stretch: Stretch, upto: int, last: int) -> None:
    written: dict[str, list[Any]] = {}
    while stretch.step_now < upto:
        stretch.act(written)
    if written:
        await stretch.write(conn, written, last == 8)


async def take_over(lease: float) -> None:
    """procrastinate keeps heartbeats; that somebody else's jobs are retried is left to us."""
    while True:
        await asyncio.sleep(lease / 6)
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=lease):
            await app.job_manager.retry_job(job)


async def setup(dsn: str) -> None:
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as conn:
        await conn.execute(procrastinate.schema.SchemaManager.get_schema())


async def _defer(dsn: str, ids: list[uuid.UUID], before: str, values: Any) -> None:
    """Our rows and the jobs in one transaction, a hundred at a time."""
    with app.replace_connector(procrastinate.PsycopgConnector(conninfo=dsn)) as patched:
        async with patched.open_async(), await psycopg.AsyncConnection.connect(dsn) as conn:
            for at in range(0, len(ids), 100):
                part = ids[at : at + 100]
                await conn.execute(sql.SQL(before), values(part))
                task = patched.tasks[advance.name].configure(connection=conn)
                jobs: list[Any] = [{"run": str(run)} for run in part]
                await task.batch_defer_async(*jobs)
                await conn.commit()


async def start(dsn: str, count: int) -> list[uuid.UUID]:
    ids = [uuid.uuid4() for _ in range(count)]
    text = orjson.dumps({"fault": "P0301", "part": "ignition coil"}).decode()
    await _defer(dsn, ids, rows.percent("run"), lambda part: (part, [text] * len(part)))
    return ids


async def send(dsn: str, ids: list[uuid.UUID]) -> None:
    tell = "insert into message(run_id, key, value) select unnest(%s::uuid[]), 'go', '1'::jsonb"
    await _defer(dsn, ids, tell, lambda part: (part,))


async def stand(dsn: str, count: int) -> None:
    """Journeys that wait until tomorrow: a run each, and a job each for its deadline."""
    async with await psycopg.AsyncConnection.connect(dsn) as conn:
        await conn.execute(
            "with made as (insert into run(id, name, input, state) select gen_random_uuid(),"
            " 'repair', '{}', 'standing' from generate_series(1, %s) returning id)"
            " insert into procrastinate_jobs(queue_name, task_name, args, scheduled_at)"
            " select 'journeys', %s, jsonb_build_object('run', id), now() + interval '1 day'"
            " from made", (count, advance.name),
        )  # fmt: skip


async def work(dsn: str, mode: str, name: str, lease: float) -> None:
    logging.disable(logging.CRITICAL)  # a fenced job says so at length
    together = 1 if mode == "one" else 5  # 20 and 50 at once were slower
    connector = procrastinate.PsycopgConnector(conninfo=dsn, min_size=4, max_size=together + 8)
    with app.replace_connector(connector) as patched:
        async with patched.open_async():
            fence = f"set local idle_in_transaction_session_timeout = {int(lease * 1000)}"
            settings.update(pool=connector.pool, mode=mode, fence=fence)
            watch = asyncio.create_task(take_over(lease))
            await patched.run_worker_async(
                name=name, concurrency=together, fetch_job_polling_interval=0.1,
                update_heartbeat_interval=lease / 3, stalled_worker_timeout=lease * 20,
                delete_jobs="successful", install_signal_handlers=False,
            )  # fmt: skip
            watch.cancel()
