"""The limit: the same rows, merely inserted in batches of 100, by as many processes."""

import asyncpg
from benchmarks.journey_engine import rows

EACH = 10_000  # journeys a process


async def work(dsn: str, mode: str, name: str, lease: float) -> None:  # noqa: ARG001 - as all trials
    conn = await asyncpg.connect(dsn)
    await rows.insert_only(conn, EACH)
    await conn.close()
