"""A PostgreSQL data folder: made, checked, tuned, cleaned of a dead server's remains, explained."""

import os
import re
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import psutil

from thingdesk.platform import private
from thingdesk.platform.embedded import leftovers
from thingdesk.platform.embedded.account import Account
from thingdesk.platform.embedded.errors import EmbeddedError
from thingdesk.platform.embedded.supervise import launcher

_MIB = 1024 * 1024
_INITDB_WITHIN = 120.0
_TAIL = 4000

_MENDS = (
    ("No space left on device", "Make room on that disk; nothing that was committed is lost."),
    ("Permission denied", "Give the folder back to the account that it was made by."),
    ("Read-only file system", "Put the data folder on a disk that can be written."),
    ("Cannot allocate memory", "Free memory, or set a smaller shared_buffers."),
    ("could not bind Unix address", "Check that the temporary folder can be written."),
    ("data directory .* has wrong ownership", "Give it back to the account it was made by."),
    ("could not locate a valid checkpoint", "The data is damaged: restore it from a backup."),
)


def settings() -> dict[str, str]:
    """What differs from PostgreSQL's own defaults, for a desk that shares its host."""
    memory = psutil.virtual_memory().total
    buffers = min(max(memory // 8, 128 * _MIB), 1024 * _MIB)
    return {
        "listen_addresses": "",
        "unix_socket_permissions": "0700",
        "cluster_name": "thingdesk",
        "max_connections": "100",
        "shared_buffers": f"{buffers // _MIB}MB",
        "effective_cache_size": f"{memory // 2 // _MIB}MB",
        "random_page_cost": "1.1",
        "synchronous_commit": "on",
        "max_wal_size": "2GB",
        # Compiling a plan costs more than our short statements take.
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        # A session whose desk is gone ends in the middle of a statement, too.
        "client_connection_check_interval": "2s",
        # One file a weekday, each overwritten a week later: the logs are bounded.
        "logging_collector": "on",
        "log_directory": "log",
        "log_filename": "postgresql-%a.log",
        "log_rotation_age": "1d",
        "log_rotation_size": "0",
        "log_truncate_on_rotation": "on",
        "log_checkpoints": "off",
        "log_line_prefix": "%m [%p] %q%u@%d ",
    }


def seen_as(data: Path, account: Account | None) -> str:
    """The name under which the server, started inside the folder, can reach it."""
    return str(data) if account is None else "/proc/self/cwd"


def initialise(
    postgres: Path, data: Path, account: Account | None, password: str, aside: Path
) -> None:
    """Makes the data folder, or nothing: it gets its name when it is complete."""
    new = data.with_name(data.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700)
    password_file = aside / "password"
    private.write(password_file, password.encode(), account.ids if account else None)
    if account is not None:
        os.chown(new, account.uid, account.gid)
    command = [
        *(str(postgres.with_name("initdb")), "-D", seen_as(new, account), "-U", "postgres"),
        *("--auth=scram-sha-256", f"--pwfile={password_file}", "--encoding=UTF8"),
        # PostgreSQL's own Unicode rules: an update of the system's cannot break an index.
        *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
    ]
    try:
        done = subprocess.run(  # noqa: S603 - our own command
            launcher(command, new, account),
            capture_output=True,
            text=True,
            check=False,
            timeout=_INITDB_WITHIN,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        )
    finally:
        password_file.unlink()
    if done.returncode != 0:
        shutil.rmtree(new, ignore_errors=True)
        raise _explained(f"The database could not be made in {data}", done.stdout + done.stderr)
    new.rename(data)


def version(postgres: Path) -> str:
    """The number that stands in a data folder, such as 18."""
    words = subprocess.run(  # noqa: S603 - our own command
        [postgres, "--version"], capture_output=True, text=True, check=True
    ).stdout
    match = re.search(r"(\d+)\.", words)
    return match.group(1) if match else words.strip()


def check_version(postgres: Path, data: Path) -> None:
    try:
        has = (data / "PG_VERSION").read_text().strip()
    except FileNotFoundError as error:
        raise EmbeddedError(
            f"{data} exists but holds no PostgreSQL data.",
            "Move it away, or give the desk another data folder (THINGDESK_DATA_DIR).",
        ) from error
    brings = version(postgres)
    if has != brings:
        raise EmbeddedError(
            f"The data in {data} was written by PostgreSQL {has}, this desk brings {brings}.",
            f"Save it with a desk that brings {has} (pg_dump) and load it into a new data folder, "
            f"or run a PostgreSQL {has} on it and set THINGDESK_DATABASE_URL.",
        )


def end_leftovers(data: Path) -> None:
    """Ends what a killed desk's server left, and takes away its lock file.

    PostgreSQL refuses to start where postmaster.pid names a living process, even when that number
    was given to another program; and it must refuse while a session of a dead server still works
    on the data. So the file goes when nothing works there any more, and not before.
    """
    lock = data / "postmaster.pid"
    if lock.exists():
        # At once, without a checkpoint: ours recovers when it starts.
        leftovers.end(data, "postgres", (signal.SIGQUIT,))
        lock.unlink(missing_ok=True)


def explain(data: Path, output: Path) -> EmbeddedError:
    """An error from the last words of a server that ended by itself."""
    logs = sorted((data / "log").glob("*.log"), key=lambda log: log.stat().st_mtime)
    words = _tail(output) + (_tail(logs[-1]) if logs else "")
    return _explained("The embedded PostgreSQL ended by itself", words, logs[-1:] or [output])


def _explained(what: str, words: str, where: list[Path] | None = None) -> EmbeddedError:
    last_words = re.findall(r"(?:FATAL|PANIC|error):\s+(.*)", words)
    last_words = last_words or [words.strip().split("\n")[-1] or "no word"]
    known = [(line, mend) for line in last_words for sign, mend in _MENDS if re.search(sign, line)]
    reason, mend = known[-1] if known else (last_words[-1], "Mend what it complains about.")
    read = f" See {where[0]}." if where else ""
    return EmbeddedError(f"{what}: {reason}.", mend + read)


def _tail(path: Path) -> str:
    with suppress(OSError):
        return path.read_text(errors="replace")[-_TAIL:]
    return ""
