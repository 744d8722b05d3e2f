"""A short folder for the Unix sockets of one data folder, for its account alone.

Its name follows from the data folder, so that a killed desk leaves at most one, which its next
start takes over. The temporary folder is open to all: one that somebody else has put there under
that name is not used.
"""

import hashlib
import os
import shutil
import stat
import tempfile
from pathlib import Path

from thingdesk.platform.embedded.account import Account

_PREFIX = "thingdesk-"
_LONGEST = 80  # of the 104 to 108 bytes of a socket's path; the rest is the socket's own name


def make_folder(data_dir: Path, account: Account | None) -> Path:
    parent = tempfile.gettempdir()
    digest = hashlib.sha256(os.fsencode(data_dir.resolve())).hexdigest()[:16]
    if len(os.fsencode(parent)) + len(_PREFIX) + len(digest) + 1 > _LONGEST:
        parent = "/tmp"  # noqa: S108 - the folder in it is checked to be ours
    folder = Path(parent) / f"{_PREFIX}{digest}"
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        if not _is_ours(folder, account):
            folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
    if account is not None:
        os.chown(folder, account.uid, account.gid, follow_symlinks=False)
    return folder


def _is_ours(folder: Path, account: Account | None) -> bool:
    found = folder.lstat()
    owners = {os.geteuid(), *((account.uid,) if account else ())}
    return (
        stat.S_ISDIR(found.st_mode)
        and stat.S_IMODE(found.st_mode) == 0o700  # noqa: PLR2004 - rwx for us alone
        and found.st_uid in owners
    )


def remove_folder(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
