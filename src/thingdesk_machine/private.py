"""Files that hold a machine's key, or where it was: for its own account alone."""

import contextlib
import logging
import os
from pathlib import Path

logger = logging.getLogger(__name__)

_OTHERS = 0o077


def make(path: Path) -> None:
    """Makes the file, or closes to other accounts one that is there.

    That one is not even opened: closing it again would release, for the whole process, the locks
    that SQLite holds on it.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        close(path)


def close(path: Path) -> None:
    """Takes the rights of other accounts from a file that is there."""
    with contextlib.suppress(FileNotFoundError):
        mode = path.stat().st_mode & 0o777
        if mode & _OTHERS:
            try:
                path.chmod(mode & ~_OTHERS)
            except OSError as error:
                # a key that was put there by somebody else, on a disk that cannot be written
                logger.warning("%s is open to other accounts: %s", path, error)
