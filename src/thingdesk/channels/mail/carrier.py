"""What carries mails away, and how it may fail."""

from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from typing import Protocol
from uuid import UUID


class Unreachable(Exception):
    """No mail can be sent at present; nothing is wrong with the mail itself."""


class Deferred(Exception):
    """The mail was not taken now; it may be later."""


class Rejected(Exception):
    """The mail will never be taken."""


class Line(Protocol):
    """An open connection. It blocks: call it in a thread."""

    def send(self, message: EmailMessage, address: str) -> None:
        """Hand `message` over. Raises Unreachable, Deferred or Rejected."""

    def close(self) -> None:
        """Close the connection; errors do not matter any more."""


class Carrier(Protocol):
    """Where mails go."""

    def open(self) -> Line:
        """Raises Unreachable."""

    def forget(self, mails: Sequence[UUID]) -> None:
        """Delete what is kept here of the mails of these notices. It blocks. Raises OSError."""

    def let_go(self, before: datetime) -> None:
        """Delete what is kept here of mails that were told before. It blocks. Raises OSError."""
