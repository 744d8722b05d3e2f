"""Mails as files, for a desk without a mail server."""

from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from thingdesk.channels.mail.carrier import Unreachable


class Folder:
    """Writes each mail to `ID.eml`, which any mail program opens. A repeat replaces its file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def open(self) -> "Folder":
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Unreachable(f"{self.path}: {error}") from error
        return self

    def send(self, message: EmailMessage, address: str) -> None:
        """Write the mail; `address` stands in it already."""
        del address
        name = message["Message-ID"].strip("<>").partition("@")[0]
        part = self.path / f".{name}.part"
        try:
            part.write_bytes(message.as_bytes(policy=SMTP))
            part.replace(self.path / f"{name}.eml")
        except OSError as error:
            raise Unreachable(f"{self.path}: {error}") from error

    def close(self) -> None:
        """Nothing is held open."""
