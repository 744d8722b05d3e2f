"""The tests' PostgreSQL: one server, a migrated template, and copies of it."""

import os
import secrets
from collections.abc import AsyncIterator
from configparser import ConfigParser
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import asyncpg

from thingdesk.platform import migrate
from thingdesk.platform.database import Database
from thingdesk.platform.embedded import EmbeddedPostgres

ROOT = Path(__file__).resolve().parents[1]
# nothing of a test outlives it, so nothing has to reach the disk
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    # a worker of it is the superuser's, and keeps a database from being dropped
    "autovacuum": "off",
}


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


@asynccontextmanager
async def server() -> AsyncIterator[str]:
    """The URL of a PostgreSQL to make databases in: the one that is named, or one of our own."""
    if url := os.environ.get("THINGDESK_TEST_DATABASE_URL"):
        yield url
        return
    with TemporaryDirectory(prefix="thingdesk-tests-") as folder:
        async with EmbeddedPostgres(Path(folder), settings=FAST) as own:
            yield own.url


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
    """The name of a migrated database that nobody is connected to: one that is there, if it is
    named, for tests on the schema of another release (`make upgrade`).
    """
    if there := os.environ.get("THINGDESK_TEST_TEMPLATE"):
        yield there
        return
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


@asynccontextmanager
async def empty(server: str) -> AsyncIterator[str]:
    """The URL of an empty database."""
    name = f"empty_{secrets.token_hex(4)}"
    await command(server, f"create database {name}")
    try:
        yield named(server, name)
    finally:
        await command(server, f"drop database {name} with (force)")
