"""A mail as it came in. Pure."""

import re
from dataclasses import dataclass
from email.errors import MessageError
from email.message import EmailMessage, MIMEPart
from email.utils import getaddresses
from hashlib import sha256
from uuid import UUID

from thingdesk.channels.letterbox.automatic import is_automatic, said
from thingdesk.channels.letterbox.parse import TooMuchError, parse
from thingdesk.platform import addresses
from thingdesk.platform.formats import seen

MOST_BYTES = 1024 * 1024
MOST_HEAD = 64 * 1024
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n|\r\r")
_MOST_WORDS = 2_000
# bytes in which the words are looked for, below what they may quote
_MOST_TEXT = 64 * 1024
# those that a mail may name: of Python's own others some take minutes for a mail, or are no charset
_CHARSET = re.compile(r"utf-?8|(us-)?ascii|iso[-_]?8859-\d{1,2}|latin-?1|(windows-|cp)125\d")
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


def head_of(content: bytes) -> int:
    """How many bytes its headers have."""
    end = _END_OF_HEAD.search(content)
    return end.start() if end else len(content)


def read(content: bytes, envelope_from: str) -> Letter | None:
    """Whatever it is; None for what cannot be read at all. A header that cannot be is empty. Raises
    TooMuchError.
    """
    try:
        mail = parse(content)
        sender = _sender(mail)
        automatic = is_automatic(mail, envelope_from, sender)
        words = _words(mail)
    except TooMuchError:
        raise
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
        text = _text(body) if body is not None else ""
    except (MessageError, LookupError, ValueError, KeyError, AttributeError):
        text = ""
    own: list[str] = []
    for line in text.splitlines():
        if _OVER.match(line) or line.rstrip() == "--":
            break
        if not _QUOTED.match(line):
            own.append(line.rstrip())
    return seen("\n".join(own).strip())[:_MOST_WORDS]


def _text(body: MIMEPart) -> str:
    charset = body.get_content_charset("us-ascii")
    # the library decodes by any charset that it finds there
    del body["Content-Type"]
    content = body.get_payload(decode=True)
    found = content[:_MOST_TEXT] if isinstance(content, bytes) else b""
    try:
        return found.decode(charset if _CHARSET.fullmatch(charset) else "us-ascii", "replace")
    except LookupError:
        return found.decode("us-ascii", "replace")
