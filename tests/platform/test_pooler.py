"""PgBouncer between the desk and PostgreSQL: sessions may be pooled, transactions may not."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.ports import free_port
from tests.proxy import at_port, proxying, to_database
from tests.waiting import until

from thingdesk.platform.database import Database
from thingdesk.platform.pool import Unreachable

PGBOUNCER = shutil.which("pgbouncer", path="/usr/sbin:/usr/local/bin:/usr/bin")
pytestmark = pytest.mark.skipif(PGBOUNCER is None, reason="pgbouncer is not installed")


def spawn(folder: Path) -> subprocess.Popen[bytes]:
    assert PGBOUNCER is not None
    # it does not run as root
    other = ["-u", "nobody"] if os.geteuid() == 0 else []
    with (folder / "pgbouncer.log").open("wb") as log:
        return subprocess.Popen(
            [PGBOUNCER, *other, str(folder / "pgbouncer.ini")], stdout=log, stderr=log
        )


@asynccontextmanager
async def pooled(url: str, mode: str, folder: Path) -> AsyncIterator[str]:
    """The URL of the same database behind a PgBouncer in this mode."""
    parts, port = urlsplit(url), free_port()
    name = parts.path.removeprefix("/")
    async with proxying(to_database(url)) as way:
        account = f"user={parts.username}" + (f" password={parts.password}" * bool(parts.password))
        (folder / "pgbouncer.ini").write_text(
            f"[databases]\n{name} = host=127.0.0.1 port={way.port} dbname={name} {account}\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
            f"auth_type = any\npool_mode = {mode}\nserver_tls_sslmode = disable\n"
        )
        process = spawn(folder)

        async def listens() -> bool:
            assert process.poll() is None, (folder / "pgbouncer.log").read_text()
            return b"listening on" in (folder / "pgbouncer.log").read_bytes()

        try:
            await until(listens)
            yield at_port(url, port)
        finally:
            process.kill()
            await asyncio.to_thread(process.wait)


async def test_sessions_may_be_pooled(database_url: str, tmp_path: Path) -> None:
    """Each has what it prepared, and hears what it listens for."""
    async with pooled(database_url, "session", tmp_path) as url:
        database = await Database.connect(url)
        heard = asyncio.Event()
        async with database.listening("news", heard.set):
            for _ in range(3):
                async with database.transaction() as tx:
                    assert await tx.fetchval("select 1") == 1
                    tx.notify("news")
            async with asyncio.timeout(60):
                await heard.wait()
        await database.close()


async def test_a_pool_of_transactions_is_refused_at_the_start(
    database_url: str, tmp_path: Path
) -> None:
    async with pooled(database_url, "transaction", tmp_path) as url:
        with pytest.raises(Unreachable, match="pool sessions"):
            await Database.connect(url)
