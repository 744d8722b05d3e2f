"""A whole copy of the embedded database while it runs, in one file; and the desk's passwords.

PostgreSQL's own `pg_basebackup` streams it: what was committed when the backup began is in it, and
all that was until its end, so that the copy is of one moment. The log of that time is held by a
slot of ours for as long as it takes, however much is written meanwhile.
"""

import asyncio
import json
import os
import re
from asyncio import StreamReader
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import cast
from urllib.parse import parse_qs, urlsplit

import asyncpg

from thingdesk import __version__
from thingdesk.platform import clock
from thingdesk.platform.embedded import bundle
from thingdesk.platform.embedded.errors import EmbeddedError
from thingdesk.platform.embedded.programs import postgres_programs

DATA, FACTS = "postgres.tar.gz", "desk.json"
PASSWORDS = ("postgres.password", "broker.password")
FORMAT = 1
_CHUNK = 1024 * 1024
_SHOWN = re.compile(rb"(\d+)/(\d+) kB")

Progress = Callable[[str, int, int], None]
"""Hears what is done, how much of it, and of how much; bytes."""


async def backup(url: str, data_dir: Path, target: Path, progress: Progress) -> Path:
    """Copy the database that runs at `url` to the file `target`, or to one named by the time in
    that folder; where it is. Raises EmbeddedError.
    """
    path = _name(target)
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    writer = bundle.Writer(part)
    try:
        async with _held(url) as facts:
            await writer.add(DATA, _stream(url, progress))
        for name in PASSWORDS:
            with suppress(FileNotFoundError):
                writer.add_text(name, (data_dir / name).read_text())
        writer.add_text(FACTS, json.dumps(facts))
        writer.end()
        await asyncio.to_thread(_read_again, part, progress)
        part.rename(path)
    finally:
        writer.close()
        part.unlink(missing_ok=True)
    return path


def _name(target: Path) -> Path:
    if target.is_dir():
        target /= f"thingdesk-{clock.now():%Y%m%dT%H%M%SZ}.tar"
    if target.exists():
        raise EmbeddedError(f"{target} exists.", "Name another file, or a folder.")
    if not target.parent.is_dir():
        raise EmbeddedError(f"There is no folder {target.parent}.", "Make it first.")
    return target


def _read_again(path: Path, progress: Progress) -> None:
    """What is on the disk is what was sent."""
    done, size = 0, path.stat().st_size

    def read(more: int) -> None:
        nonlocal done
        done += more
        progress("verify", done, size)

    bundle.verify(path, read)


@asynccontextmanager
async def _held(url: str) -> AsyncIterator[dict[str, object]]:
    """What the server is; it keeps its log from now on, until the block ends."""
    parts = urlsplit(url)
    connection = await asyncpg.connect(
        host=_socket(url), user="postgres", password=parts.password, database="postgres"
    )
    try:
        await connection.execute(
            "select pg_create_physical_replication_slot($1, true, true)",
            f"thingdesk_backup_{os.getpid()}",
        )
        version = int(await connection.fetchval("show server_version_num"))
        system = await connection.fetchval("select system_identifier from pg_control_system()")
        yield {
            "format": FORMAT,
            "made_by": f"thingdesk {__version__}",
            "taken_at": clock.now().isoformat(),
            "postgres": version // 10000,
            "system": str(system),
        }
    finally:
        await connection.close()


async def _stream(url: str, progress: Progress) -> AsyncIterator[bytes]:
    process = await asyncio.create_subprocess_exec(
        str(postgres_programs().program.with_name("pg_basebackup")),
        *("-h", _socket(url), "-U", "postgres", "--no-password"),
        *("-D", "-", "--format=tar", "--wal-method=fetch", "--checkpoint=fast"),
        *("--compress=client-gzip:1", "--manifest-checksums=SHA256", "--progress"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        # not on the command line, which everybody on the host can read
        env={"PGPASSWORD": urlsplit(url).password or "", "PATH": "/usr/bin:/bin", "LC_ALL": "C"},
    )
    out, err = cast("StreamReader", process.stdout), cast("StreamReader", process.stderr)
    words = asyncio.create_task(_follow(err, progress))
    try:
        while chunk := await out.read(_CHUNK):
            yield chunk
        said = await words
        if await process.wait():
            reason = said.decode(errors="replace").strip().splitlines()[-1:] or ["no word"]
            raise EmbeddedError(f"The database was not copied: {reason[0]}.", "Try again.")
    finally:
        words.cancel()
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _follow(stderr: StreamReader, progress: Progress) -> bytes:
    """Tell how far it is; what it said last comes back."""
    last = b""
    while said := await stderr.read(_CHUNK):
        last = (last + said)[-4096:]
        if shown := _SHOWN.findall(said):
            done, size = shown[-1]
            progress("copy", int(done) * 1024, int(size) * 1024)
    return last


def _socket(url: str) -> str:
    return parse_qs(urlsplit(url).query)["host"][0]
