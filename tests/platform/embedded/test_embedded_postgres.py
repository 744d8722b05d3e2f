import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import asyncpg
import psutil
import pytest

from thingdesk.platform.embedded import Died, EmbeddedError, EmbeddedPostgres, cluster
from thingdesk.platform.embedded.account import Account, account_for
from thingdesk.platform.embedded.programs import postgres_programs, reachable
from thingdesk.platform.embedded.supervise import launcher

PATIENCE = 60.0

DESK = """
import asyncio, sys
from pathlib import Path
from thingdesk.platform.embedded import EmbeddedPostgres

async def desk() -> None:
    async with EmbeddedPostgres(Path(sys.argv[1])) as pg:
        print(pg.pid, flush=True)
        await asyncio.Event().wait()

asyncio.run(desk())
"""


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


def a_desk(data_dir: Path) -> tuple[subprocess.Popen[str], psutil.Process]:
    """Another desk, in a process of its own, and the server that it started."""
    desk = subprocess.Popen(
        [sys.executable, "-c", DESK, str(data_dir)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert desk.stdout is not None
    return desk, psutil.Process(int(desk.stdout.readline()))


def kill(desk: subprocess.Popen[str]) -> None:
    desk.kill()
    desk.communicate()


async def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    async with EmbeddedPostgres(tmp_path) as pg, connected(pg.url) as connection:
        await connection.execute("create table kept (n int)")
        await connection.execute("insert into kept values (7)")
    assert pg.pid is None
    async with EmbeddedPostgres(tmp_path) as pg, connected(pg.url) as connection:
        assert await connection.fetchval("select n from kept") == 7


async def test_the_desk_is_no_superuser_but_may_make_databases(tmp_path: Path) -> None:
    async with EmbeddedPostgres(tmp_path) as pg, connected(pg.url) as connection:
        assert await connection.fetchval("select current_setting('is_superuser')") == "off"
        await connection.execute("create database another")
        await connection.execute("create schema own")


async def test_settings_are_ours_and_the_callers(tmp_path: Path) -> None:
    async with (
        EmbeddedPostgres(tmp_path, settings={"work_mem": "7MB"}) as pg,
        connected(pg.url) as connection,
    ):
        shown = {
            name: await connection.fetchval("select current_setting($1)", name)
            for name in ("jit", "TimeZone", "synchronous_commit", "listen_addresses", "work_mem")
        }
        assert shown == {
            "jit": "off",
            "TimeZone": "UTC",
            "synchronous_commit": "on",
            "listen_addresses": "",
            "work_mem": "7MB",
        }
        assert await connection.fetchval("select lower('ÄÖ') = 'äö'")


async def test_nobody_enters_without_the_password(tmp_path: Path) -> None:
    async with EmbeddedPostgres(tmp_path) as pg:
        password = tmp_path / "postgres.password"
        assert password.stat().st_mode & 0o777 == 0o600
        for wrong in ("", "x"):
            with pytest.raises(asyncpg.InvalidPasswordError):
                await asyncpg.connect(pg.url.replace(password.read_text(), wrong))


async def test_a_long_data_folder_is_no_obstacle(tmp_path: Path) -> None:
    async with (
        EmbeddedPostgres(tmp_path / ("long" * 30) / ("longer" * 20)) as pg,
        connected(pg.url) as connection,
    ):
        assert await connection.fetchval("select 1") == 1


async def test_the_server_is_not_root_and_folders_above_stay_closed(tmp_path: Path) -> None:
    data_dir = tmp_path / "closed" / "desk"
    data_dir.mkdir(mode=0o700, parents=True)
    for name in ("postgres.password", "postgres.output"):
        (data_dir / name).write_text(name)
        (data_dir / name).chmod(0o644)
    async with EmbeddedPostgres(data_dir) as pg:
        assert psutil.Process(pg.pid).uids().effective != 0
    assert {f.stat().st_mode & 0o777 for f in (data_dir, data_dir / "postgres")} == {0o700}
    files = [file for file in data_dir.iterdir() if file.is_file()]
    assert {file.name: file.stat().st_mode & 0o777 for file in files} == {
        "postgres.password": 0o600,
        "postgres.output": 0o600,
        "postgres.lock": 0o600,
    }


async def test_a_second_desk_on_the_same_data_is_told_who_has_it(tmp_path: Path) -> None:
    async with EmbeddedPostgres(tmp_path) as pg:
        with pytest.raises(EmbeddedError, match=f"Another desk .process {os.getpid()}. already"):
            await EmbeddedPostgres(tmp_path).__aenter__()
        async with connected(pg.url) as connection:
            assert await connection.fetchval("select 1") == 1


async def test_a_killed_desk_leaves_no_server_and_its_data_open_again(tmp_path: Path) -> None:
    desk, server = await asyncio.to_thread(a_desk, tmp_path)
    family = [server, *server.children(recursive=True)]
    await asyncio.to_thread(kill, desk)
    _, alive = await asyncio.to_thread(psutil.wait_procs, family, timeout=PATIENCE)
    assert alive == []
    async with EmbeddedPostgres(tmp_path) as pg, connected(pg.url) as connection:
        assert await connection.fetchval("select 1") == 1


async def test_a_desk_started_at_once_after_a_kill_gets_its_data(tmp_path: Path) -> None:
    desk, _ = await asyncio.to_thread(a_desk, tmp_path)
    desk.kill()
    await asyncio.to_thread(desk.communicate)
    async with EmbeddedPostgres(tmp_path) as pg, connected(pg.url) as connection:
        assert await connection.fetchval("select 1") == 1


async def test_stopping_does_not_wait_for_open_sessions(tmp_path: Path) -> None:
    async with EmbeddedPostgres(tmp_path) as pg:
        connection = await asyncpg.connect(pg.url)
        sleeping = asyncio.create_task(connection.execute("select pg_sleep(600)"))
        await asyncio.wait({sleeping}, timeout=0)
        server = psutil.Process(pg.pid)
    assert not server.is_running()
    with pytest.raises(asyncpg.PostgresError):
        await sleeping
    connection.terminate()


async def test_a_server_that_dies_comes_back_and_is_reported(tmp_path: Path) -> None:
    deaths: asyncio.Queue[Died] = asyncio.Queue()
    async with EmbeddedPostgres(tmp_path, on_death=deaths.put_nowait) as pg:
        first = pg.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        died = await asyncio.wait_for(deaths.get(), PATIENCE)
        assert died.code == -signal.SIGKILL
        await asyncio.wait_for(pg.wait_until_serving(), PATIENCE)
        assert await reached(pg.url)
        assert pg.pid not in {None, first}


async def reached(url: str) -> bool:
    try:
        async with connected(url):
            return True
    except (OSError, asyncpg.PostgresError):
        return False


async def test_orphans_in_the_data_are_ended_before_ours_starts(tmp_path: Path) -> None:
    async with EmbeddedPostgres(tmp_path):
        pass
    stranger = await asyncio.to_thread(started_by_hand, tmp_path / "postgres")
    async with EmbeddedPostgres(tmp_path) as pg:
        assert stranger.poll() is not None
        assert pg.pid != stranger.pid
        async with connected(pg.url) as connection:
            assert await connection.fetchval("select 1") == 1


def started_by_hand(data: Path) -> subprocess.Popen[bytes]:
    account = account_for(data)
    postgres = reachable(postgres_programs(), account)
    command = [
        *(str(postgres), "-D", cluster.seen_as(data, account)),
        *("-c", "listen_addresses=", "-c", "unix_socket_directories=."),
    ]
    server = subprocess.Popen(launcher(command, data, account), stderr=subprocess.PIPE)
    assert server.stderr is not None
    assert any(b"ready to accept" in line for line in server.stderr)
    server.stderr.close()
    return server


async def test_a_lock_file_whose_number_went_to_another_program_is_stale(tmp_path: Path) -> None:
    async with EmbeddedPostgres(tmp_path):
        pass
    data = tmp_path / "postgres"
    sleeper = launcher(["/bin/sleep", "600"], data, account_for(data))
    other = await asyncio.to_thread(subprocess.Popen[bytes], sleeper)
    try:
        (data / "postmaster.pid").write_text(f"{other.pid}\n/elsewhere\n1\n5432\n\n\n 1 1\n")
        async with EmbeddedPostgres(tmp_path) as pg, connected(pg.url) as connection:
            assert await connection.fetchval("select 1") == 1
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


async def test_the_data_of_another_version_is_refused_with_the_way_out(tmp_path: Path) -> None:
    async with EmbeddedPostgres(tmp_path):
        pass
    (tmp_path / "postgres" / "PG_VERSION").write_text("15\n")
    with pytest.raises(EmbeddedError, match=r"written by PostgreSQL 15, .* 18.*pg_dump"):
        await EmbeddedPostgres(tmp_path).__aenter__()


async def test_a_folder_that_is_no_data_is_refused(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    with pytest.raises(EmbeddedError, match="holds no PostgreSQL data"):
        await EmbeddedPostgres(tmp_path).__aenter__()


async def test_a_start_that_was_killed_half_way_is_begun_again(tmp_path: Path) -> None:
    (tmp_path / "postgres.new").mkdir()
    (tmp_path / "postgres.new" / "PG_VERSION").write_text("18\n")
    async with EmbeddedPostgres(tmp_path) as pg:
        assert await reached(pg.url)
    assert not (tmp_path / "postgres.new").exists()


async def test_another_password_than_the_datas_is_explained(tmp_path: Path) -> None:
    async with EmbeddedPostgres(tmp_path):
        pass
    (tmp_path / "postgres.password").write_text("lost")
    with pytest.raises(EmbeddedError, match=r"password in .* is not that of the data"):
        await EmbeddedPostgres(tmp_path).__aenter__()


async def test_a_server_that_does_not_start_is_explained_in_its_own_words(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedError, match=r"ended by itself.*nonsense"):
        await EmbeddedPostgres(tmp_path, settings={"nonsense": "1"}).__aenter__()
    async with EmbeddedPostgres(tmp_path) as pg:  # and left nothing that stands in the way
        assert await reached(pg.url)


def test_a_full_disk_is_named_with_what_to_do(tmp_path: Path) -> None:
    output = tmp_path / "output"
    output.write_text('2026 FATAL:  could not write file "x": No space left on device\n')
    assert "Make room on that disk" in cluster.explain(tmp_path, output).mend


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives programs to another account")
def test_programs_below_a_closed_folder_are_copied_where_they_can_run(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    nobody = account_for(tmp_path / "none")
    assert isinstance(nobody, Account)
    installed = postgres_programs()
    hidden = replace(installed, path=tmp_path / "pg", program=tmp_path / "pg" / "bin" / "postgres")
    shutil.copytree(installed.path, hidden.path, symlinks=True)
    with tempfile.TemporaryDirectory() as shared:
        Path(shared).chmod(0o755)
        found = reachable(hidden, nobody, Path(shared))
        assert found.is_relative_to(shared)
        assert reachable(hidden, nobody, Path(shared)) == found
        assert reachable(hidden, None, Path(shared)) == hidden.program
