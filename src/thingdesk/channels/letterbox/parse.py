"""A mail taken apart with bounds, whatever stands in it. Pure.

Python's parser holds each line against the boundary of each multipart that it stands in, so that
the bounds are on both.
"""

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import Any

MOST_LINES = 50_000
MOST_PARTS = 500
MOST_MULTIPARTS = 30
# characters of what the library takes apart word by word, at 50 to 200 µs each
_MOST_TAKEN_APART = 16_000
_IN_ONE = ("references", "in-reply-to", "subject")
_LINE_END = re.compile(rb"\r\n|\r|\n")


class TooMuchError(Exception):
    """A mail of more than is taken apart; says of what, and the bound."""


class _Bounds(EmailPolicy):
    """Takes headers apart, each once and those of all parts together up to a bound; beyond it
    raises. `counted` is what the mail was found to have.
    """

    taken_apart: Any = None
    counted: Any = None

    def header_fetch_parse(self, name: str, value: str) -> Any:
        if name.lower() in _IN_ONE:
            return value
        known, key = self.taken_apart, (name, value)
        if key not in known:
            if sum(len(one) for _, one in known) + len(value) > _MOST_TAKEN_APART:
                raise ValueError("there is too much to take apart")
            known[key] = super().header_fetch_parse(name, value)
        return known[key]


class _Part(EmailMessage):
    """Counts itself, and its boundary, when the parser asks for it."""

    policy: _Bounds

    def __init__(self, policy: Any) -> None:
        super().__init__(policy)
        self._count("parts", MOST_PARTS)

    def get_boundary(self, failobj: Any = None) -> Any:
        self._count("multiparts", MOST_MULTIPARTS)
        return super().get_boundary(failobj)

    def _count(self, what: str, most: int) -> None:
        counted = self.policy.counted
        counted[what] = counted.get(what, 0) + 1
        if counted[what] > most:
            raise TooMuchError(f"more than {most} {what}")


def parse(content: bytes) -> EmailMessage:
    """Raises TooMuchError, and whatever else the library raises."""
    if sum(1 for _ in _LINE_END.finditer(content)) > MOST_LINES:
        raise TooMuchError(f"more than {MOST_LINES:,} lines")
    made: Any = _Bounds  # whose attributes are parameters, which no type says
    policy: EmailPolicy[EmailMessage] = made(message_factory=_Part, taken_apart={}, counted={})
    return message_from_bytes(content, policy=policy)
