"""A mail as it came in. Pure."""

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import default
from email.utils import getaddresses
from hashlib import sha256
from uuid import UUID

from thingdesk.channels.letterbox.automatic import is_automatic, said
from thingdesk.platform import addresses
from thingdesk.platform.formats import seen

MOST_BYTES = 1024 * 1024
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


def read(content: bytes, envelope_from: str) -> Letter | None:
    """Whatever it is; None for what cannot be read at all. A header that cannot be is empty."""
    try:
        mail = message_from_bytes(content, policy=default)
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
        text = body.get_content() if body else ""
    except (MessageError, LookupError, ValueError, KeyError, AttributeError):
        text = ""
    own: list[str] = []
    for line in str(text).splitlines():
        if _OVER.match(line) or line.rstrip() == "--":
            break
        if not _QUOTED.match(line):
            own.append(line.rstrip())
    return seen("\n".join(own).strip())[:_MOST_WORDS]
