"""A stop whose database has just ended is no error."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from tests.databases import FAST

from thingdesk.platform.database import Database
from thingdesk.platform.embedded import EmbeddedPostgres

SESSIONS = "select pid from pg_stat_activity where application_name = 'thingdesk'"


async def test_a_stop_after_the_database_was_killed_is_no_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with EmbeddedPostgres(tmp_path, settings=FAST) as postgres:
        database = await Database.connect(postgres.url)
        deaf: asyncio.Event
        async with database.listening("left", lambda: None) as deaf:
            psutil.Process(postgres.pid).kill()
            async with asyncio.timeout(60):
                await deaf.wait()
        await database.close()
    assert not re.search("Traceback", caplog.text)


def in_turns(turns: int, act: Callable[[], None]) -> None:
    """Act after so many turns of the event loop, between whatever else goes on."""
    loop = asyncio.get_running_loop()
    loop.call_soon(act if not turns else lambda: in_turns(turns - 1, act))


async def test_nor_is_one_in_the_middle_of_which_its_sessions_end(tmp_path: Path) -> None:
    async with EmbeddedPostgres(tmp_path, settings=FAST) as postgres:
        for turns in range(10):
            database = await Database.connect(postgres.url)
            async with database.transaction() as tx:
                found = await tx.fetch(SESSIONS)
            sessions = [psutil.Process(row["pid"]) for row in found]
            assert len(sessions) == 2

            def end(sessions: list[psutil.Process] = sessions) -> None:
                for one in sessions:
                    one.terminate()
                # the event loop stands still meanwhile, and hears of it afterwards
                assert not psutil.wait_procs(sessions, timeout=20)[1]

            in_turns(turns, end)
            await database.close()
