"""Candidate a: DBOS. Each step is a datasource transaction, so that our rows and DBOS's record of
the step commit together; `best` puts the six steps into one of them, 20 journeys at a time."""

import asyncio
import logging
import os
import threading
import time
import uuid
from typing import Any

import asyncpg
import orjson
import sqlalchemy as sa
from benchmarks.journey_engine import rows
from dbos import DBOS, AsyncSQLAlchemyDatasource, DBOSClient

QUEUE = "journeys"
HEARTBEAT = "create table if not exists heartbeat(name text primary key, at timestamptz not null)"
READ_COMMITTED: Any = {"isolation_level": "READ COMMITTED"}
state: dict[str, Any] = {}


def _url(dsn: str) -> str:
    return dsn.replace("postgresql:", "postgresql+psycopg:")


async def _write(written: dict[str, list[Any]]) -> None:
    session = state["source"].sql_session()
    connection = await session.connection()
    for table, lines in written.items():
        sql = rows.percent(table)
        await connection.exec_driver_sql(sql, tuple(rows.columns(lines)))


async def stretch(run: str, first: int, last: int, head: bytes) -> bytes:
    """Some steps in one transaction, the run's state with the last one before a wait."""
    key = uuid.UUID(run)
    gathered: dict[str, list[Any]] = {}
    for step in range(first, last + 1):
        written = rows.step_rows(key, step, head)
        head = rows.digest_of(written)
        for table, lines in written.items():
            gathered.setdefault(table, []).extend(lines)
    await _write(gathered)
    if last in (rows.STEPS, 8):
        session = state["source"].sql_session()
        name = "waiting" if last == rows.STEPS else "done"
        sql = "update run set state = :s, head = :h where id = :i"
        await session.execute(sa.text(sql), {"s": name, "h": head, "i": key})
    return head


async def _advance(run: str, first: int, last: int, head: bytes) -> bytes:
    size = last - first + 1 if state["mode"] == "best" else 1
    for step in range(first, last + 1, size):
        head = await state["source"].run_tx_step_async(
            READ_COMMITTED, stretch, run, step, step + size - 1, head
        )
    return head


@DBOS.workflow()  # type: ignore[untyped-decorator]
async def repair(run: str) -> str:
    gate: asyncio.Semaphore = state.setdefault(
        "gate", asyncio.Semaphore(1 if state["mode"] == "one" else 20)
    )  # 5 and 50 at once were slower
    async with gate:
        head = await _advance(run, 1, rows.STEPS, b"")
    if await DBOS.recv_async("go", timeout_seconds=86_400) is None:
        return "late"
    async with gate:
        await _advance(run, 7, 8, head)
    return "done"


def _config(dsn: str, name: str, lease: float = 60.0) -> Any:
    return {
        "name": "trial", "system_database_url": _url(dsn), "application_version": "1",
        "executor_id": name, "log_level": "CRITICAL", "sys_db_pool_size": 30,
        "use_listen_notify": True, "sys_db_idle_transaction_timeout_sec": lease,
    }  # fmt: skip


def _watch(dsn: str, name: str, lease: float) -> None:
    """Ours, because recovery by another executor is Conductor's: heartbeats, and who is dead."""
    asyncio.run(_beat(dsn, name, lease))


async def _beat(dsn: str, name: str, lease: float) -> None:
    conn = await asyncpg.connect(dsn)
    while True:
        await conn.execute(
            "insert into heartbeat values ($1, now()) on conflict (name) do update set at = now()",
            name,
        )
        gone = await conn.fetch(
            "delete from heartbeat where at < now() - make_interval(secs => $1) returning name",
            lease,
        )
        if gone:
            DBOS._recover_pending_workflows([row["name"] for row in gone])  # noqa: SLF001 - no public way
        await asyncio.sleep(lease / 6)


async def setup(dsn: str) -> None:
    conn = await asyncpg.connect(dsn)
    await conn.execute(HEARTBEAT)
    await conn.close()
    await asyncio.to_thread(_migrate, dsn)


def _migrate(dsn: str) -> None:
    DBOS(config=_config(dsn, "setup"))
    DBOS.launch()
    DBOS.register_queue(QUEUE, polling_interval_sec=0.1)
    DBOS.destroy()


async def start(dsn: str, count: int) -> list[uuid.UUID]:
    ids = [uuid.uuid4() for _ in range(count)]
    await asyncio.to_thread(_enqueue, dsn, ids)
    return ids


def _enqueue(dsn: str, ids: list[uuid.UUID]) -> None:
    """Our rows and the workflows in one transaction, a hundred at a time."""
    text = orjson.dumps({"fault": "P0301", "part": "ignition coil"}).decode()
    engine = sa.create_engine(_url(dsn))
    client = DBOSClient(system_database_url=_url(dsn), application_name="trial")
    for at in range(0, len(ids), 100):
        part = ids[at : at + 100]
        with engine.begin() as conn:
            conn.exec_driver_sql(rows.percent("run"), (part, [text] * len(part)))
            for run in part:
                options: Any = {
                    "workflow_name": "repair", "queue_name": QUEUE, "workflow_id": str(run),
                    "app_version": "1",
                }  # fmt: skip
                client.enqueue_in_transaction(conn, options, str(run))
    client.destroy()
    engine.dispose()


async def send(dsn: str, ids: list[uuid.UUID]) -> None:
    def tell() -> None:
        client = DBOSClient(system_database_url=_url(dsn), application_name="trial")
        for run in ids:
            client.send(str(run), 1, topic="go")
        client.destroy()

    await asyncio.to_thread(tell)


async def _source(dsn: str, engine: dict[str, Any]) -> AsyncSQLAlchemyDatasource:
    source = await AsyncSQLAlchemyDatasource.create(_url(dsn), engine_kwargs=engine)
    await source.engine.dispose()  # DBOS runs workflows on another loop than this one
    return source


def work(dsn: str, mode: str, name: str, lease: float) -> None:
    logging.disable(logging.CRITICAL)
    state["mode"] = mode
    idle = f"-c idle_in_transaction_session_timeout={int(lease * 1000)}"
    engine = {"pool_size": 30, "connect_args": {"options": idle}}
    DBOS(config=_config(dsn, name, lease))
    state["source"] = asyncio.run(_source(dsn, engine))
    DBOS.launch()
    threading.Thread(target=_watch, args=(dsn, name, lease), daemon=True).start()
    while os.getppid() != 1:
        time.sleep(1)
