"""What the desk keeps in its data folder for the programs it starts: locks and secrets."""

import fcntl
import os
import secrets
from pathlib import Path

from thingdesk.platform import private
from thingdesk.platform.embedded.errors import EmbeddedError

_SECRET_BYTES = 32


def make_private(folder: Path) -> None:
    """The folder exists, and if it is new only its owner may enter it."""
    try:
        private.make_folder(folder)
        # A folder that cannot be entered would fail later with a less clear error.
        (folder / ".").stat()
    except (PermissionError, FileExistsError, NotADirectoryError) as error:
        raise EmbeddedError(
            f"The data folder {folder} cannot be used: {error.strerror}.",
            "Give another one (THINGDESK_DATA_DIR), or start the desk as the account that owns it.",
        ) from error


def new_secret() -> str:
    """256 random bits in letters that mean nothing in a URL, in SQL or in a configuration."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def keep_secret(path: Path) -> str:
    """The secret in this file, made on first use; only the file's owner can read it."""
    try:
        private.close(path)
    except FileNotFoundError:
        secret = new_secret()
        private.write(path, secret.encode())
        return secret
    return path.read_text()


class FolderLock:
    """Held by one living desk; the kernel releases it when that desk ends, however it ends."""

    def __init__(self, path: Path, what: str) -> None:
        self._path = path
        self._what = what
        self._descriptor: int | None = None

    def take(self) -> None:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(descriptor, 32).decode(errors="replace").strip() or "unknown"
            os.close(descriptor)
            raise EmbeddedError(
                f"Another desk (process {holder}) already runs {self._what} in "
                f"{self._path.parent}.",
                "Stop that desk, or give this one a data folder of its own (THINGDESK_DATA_DIR).",
            ) from error
        os.truncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        self._descriptor = descriptor

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
