"""Mails as files, for a desk without a mail server."""

import re
from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from uuid import UUID

from thingdesk.channels.mail.carrier import Unreachable
from thingdesk.platform import ids, private

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Folder:
    """Writes each mail to `ID.eml`, which any mail program opens. A repeat replaces its file.

    Mails hold signed links: the folder and its files are for the desk's account alone.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def close_to_others(self) -> None:
        """The same for what is in it already, whoever wrote it. Raises OSError."""
        if self.path.exists():
            private.close(self.path)
            for mail in self.path.glob("*.eml"):
                private.close(mail)

    def open(self) -> "Folder":
        try:
            private.make_folder(self.path)
            private.close(self.path)
        except OSError as error:
            raise Unreachable(f"{self.path}: {error}") from error
        return self

    def send(self, message: EmailMessage, address: str) -> None:
        """Write the mail; `address` stands in it already."""
        del address
        name = message["Message-ID"].strip("<>").partition("@")[0]
        try:
            private.write(self.path / f"{name}.eml", message.as_bytes(policy=SMTP))
        except OSError as error:
            raise Unreachable(f"{self.path}: {error}") from error

    def forget(self, mails: Sequence[UUID]) -> None:
        """Delete the mails of these notices. Raises OSError."""
        for one in mails:
            (self.path / f"{one}.eml").unlink(missing_ok=True)

    def let_go(self, before: datetime) -> None:
        """Delete the mails of notices that were told before. Raises OSError."""
        for mail in self.path.glob("*.eml"):
            if _UUID.fullmatch(mail.stem) and ids.moment(UUID(mail.stem)) < before:
                mail.unlink(missing_ok=True)

    def close(self) -> None:
        """Nothing is held open."""
