"""A mail as it came in. Pure."""

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import getaddresses
from hashlib import sha256
from typing import Any
from uuid import UUID

from thingdesk.channels.letterbox.automatic import is_automatic, said
from thingdesk.platform import addresses
from thingdesk.platform.formats import seen

MOST_BYTES = 1024 * 1024
MOST_HEAD = 64 * 1024
# characters of what the library takes apart word by word, at 50 to 200 µs each
_MOST_TAKEN_APART = 16_000
_IN_ONE = ("references", "in-reply-to", "subject")
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n|\r\r")
_MOST_WORDS = 2_000
_CASE = re.compile(r"<case\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@")
_QUOTED = re.compile(r"^\s*>")
# the line over what is quoted: "On Monday, somebody wrote:"
_OVER = re.compile(r"^.{0,200}(wrote|schrieb|écrit|escribió)\s*:\s*$")


@dataclass(frozen=True, slots=True)
class Letter:
    """What is known of a mail: who it says it is from, which case its headers name, and what was
    written above what it quotes. `digest` is of all of it. `automatic`: nobody wrote it.
    """

    sender: str
    case_id: UUID | None
    words: str
    digest: str
    automatic: bool


class _Sparing(EmailPolicy):
    """Takes headers apart, each once and those of all parts together up to a bound; beyond it
    raises.
    """

    taken_apart: Any = None

    def header_fetch_parse(self, name: str, value: str) -> Any:
        if name.lower() in _IN_ONE:
            return super().header_fetch_parse(name, value)
        known, key = self.taken_apart, (name, value)
        if key not in known:
            if sum(len(one) for _, one in known) + len(value) > _MOST_TAKEN_APART:
                raise ValueError("there is too much to take apart")
            known[key] = super().header_fetch_parse(name, value)
        return known[key]


def _sparing() -> "EmailPolicy[EmailMessage]":
    made: Any = _Sparing  # whose attributes are parameters, which no type says
    policy: EmailPolicy[EmailMessage] = made(taken_apart={})
    return policy


def head_of(content: bytes) -> int:
    """How many bytes its headers have."""
    end = _END_OF_HEAD.search(content)
    return end.start() if end else len(content)


def read(content: bytes, envelope_from: str) -> Letter | None:
    """Whatever it is; None for what cannot be read at all. A header that cannot be is empty."""
    try:
        mail = message_from_bytes(content, policy=_sparing())
        sender = _sender(mail)
        automatic = is_automatic(mail, envelope_from, sender)
        words = _words(mail)
    except Exception:  # noqa: BLE001 - the parsers of the library fail in any way
        return None
    return Letter(sender, _case(mail), words, sha256(content).hexdigest(), automatic)


def _sender(mail: EmailMessage) -> str:
    found = getaddresses(said(mail, "From"))
    address = found[0][1].strip().lower()[:254] if len(found) == 1 else ""
    # no owner has another one; what it holds may be what no database stores
    return "" if addresses.problem(address) else address


def _case(mail: EmailMessage) -> UUID | None:
    for name in ("In-Reply-To", "References"):
        for one in said(mail, name):
            if found := _CASE.search(one[:10_000]):
                return UUID(found[1])
    return None


def _words(mail: EmailMessage) -> str:
    try:
        body = mail.get_body(("plain",))
        text = body.get_content() if body is not None else ""
    except (MessageError, LookupError, ValueError, KeyError, AttributeError):
        text = ""
    own: list[str] = []
    for line in str(text).splitlines():
        if _OVER.match(line) or line.rstrip() == "--":
            break
        if not _QUOTED.match(line):
            own.append(line.rstrip())
    return seen("\n".join(own).strip())[:_MOST_WORDS]
