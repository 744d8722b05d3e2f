"""Which account a program runs as.

PostgreSQL refuses to run as root, rightly. When the desk itself is an ordinary account, its
programs run as that account. When it is root, they run as the owner of the data that is there;
for new data, as the account `thingdesk` if the system has one, otherwise as `nobody`. No account
is ever made, and no folder above the data is opened to anyone: see `_launch`.
"""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from thingdesk.platform.embedded.errors import EmbeddedError

_PREFERRED = ("thingdesk", "nobody")


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int

    @property
    def ids(self) -> tuple[int, int]:
        return self.uid, self.gid


def account_for(data: Path) -> Account | None:
    """The account to become for this data; None: stay what we are."""
    own = os.geteuid()
    found = data.stat() if data.exists() else None
    if own != 0:
        if found and found.st_uid != own:
            raise EmbeddedError(
                f"{data} belongs to the account {_name(found.st_uid)}, not to {_name(own)}.",
                f"Start the desk as {_name(found.st_uid)} or as root, or give it another data "
                "folder (THINGDESK_DATA_DIR).",
            )
        return None
    if found and found.st_uid != 0:
        return Account(found.st_uid, found.st_gid)
    return _preferred()


def _preferred() -> Account:
    for name in _PREFERRED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise EmbeddedError(
        "The desk runs as root, PostgreSQL must not, and there is no account to give it to.",
        "Make one (useradd --system thingdesk), or start the desk as an ordinary account.",
    )


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"number {uid}"
