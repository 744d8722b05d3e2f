"""Files and folders for the desk's account alone: they hold passwords, keys or signed links."""

import os
import stat
from pathlib import Path
from typing import BinaryIO

_OTHERS = 0o077


def is_open(path: Path) -> bool:
    """Whether accounts other than its owner have any right to it."""
    return bool(path.stat().st_mode & _OTHERS)


def close(path: Path) -> None:
    """Take from other accounts every right to it, whoever gave it to them.

    Raises PermissionError when it belongs to another account.
    """
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & _OTHERS:
        path.chmod(mode & ~_OTHERS)


def make_folder(folder: Path) -> None:
    """The folder, made if need be; one that was there keeps its rights (see `close`)."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def write(path: Path, content: bytes, owner: tuple[int, int] | None = None) -> None:
    """Replaces the file in one step, safe on disk; `owner` is a uid and a gid.

    The folder may belong to a less trusted account: nothing that it puts there is followed.
    """
    # several processes may write the same file
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        if owner is not None:
            os.fchown(descriptor, *owner)
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    part.replace(path)


def open_new(path: Path) -> BinaryIO:
    """The file, empty, to write a log into."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    os.fchmod(descriptor, 0o600)
    return os.fdopen(descriptor, "wb")
