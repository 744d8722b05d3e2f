"""A notice as a mail. Pure: the same notice is the same mail, to the byte."""

import quopri
import re
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import lru_cache
from html import escape
from typing import Any

from thingdesk.notices import Outgoing, To
from thingdesk.platform import addresses
from thingdesk.platform.formats import seen

_LONGEST_SUBJECT = 78
_SAYS_SOMETHING = 24
_SENTENCE_END = re.compile(r"(?<=[.?!])\s+(?=[A-Z])")
_FOOTERS = {
    To.OWNER: "Sent by the service desk of your machine, {0}.",
    To.PROVIDER: "Sent by the service desk {0}, which offers jobs to you.",
    To.STAFF: "Sent by your own service desk, {0}.",
}
_HTML = """\
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>
<body style="font-family: sans-serif; line-height: 1.5; max-width: 40em">
<p>{words}</p>
{link}{own}<p style="color: #666; font-size: 0.9em">{footer}</p>
</body></html>
"""
_OWN = "What was done in your name, and how to stop it"
_OWN_LINK = '<p style="font-size: 0.9em"><a href="{0}">{1}</a></p>\n'
# how an encoded word (RFC 2047) begins: it would be read, and may say the end of the header
_ENCODED = re.compile(r"=\?")
# "=_" is in no quoted-printable text, whatever its words (RFC 2045, 6.7, at its end)
_BOUNDARY = "=_thingdesk"
_LINK = '<p><a href="{0}">Open the page</a><br><small>{0}</small></p>\n'


@dataclass(frozen=True, slots=True)
class Foot:
    """What stands at the foot of an owner's mail: the link to their page, unless the mail is about
    that, and how they reach a person, where the organisation says so.
    """

    own: str | None
    contact: str = ""


def compose(
    outgoing: Outgoing, address: str, sender: str, link: str | None, foot: Foot | None = None
) -> EmailMessage:
    """The mail to `address`. Raises ValueError when this is not one e-mail address.

    What machines say may stand in the notice's words. They become the text, escaped in the HTML
    part, and the first line becomes the subject, without anything that could end the header.
    """
    notice, desk = outgoing.notice, sender_of(sender)
    words, title = seen(notice.words), subject(notice.words)
    message = EmailMessage(policy=SMTP)
    message["Message-ID"] = f"<{outgoing.id}@{desk.domain}>"
    message["Date"] = format_datetime(outgoing.told_at)
    message["From"] = _header("From", str(desk))
    message["To"] = _address(address)
    message["Subject"] = title
    message["Auto-Submitted"] = _header("Auto-Submitted", "auto-generated")
    footer = _FOOTERS[notice.to.kind].format(desk.display_name or desk.addr_spec)
    if notice.case_id:
        # no mail has this id: the mails of a case refer to it, and so they stand together
        message["References"] = f"<case.{notice.case_id}@{desk.domain}>"
        footer += f" Case {notice.case_id}."
    if foot and foot.contact:
        footer += f" To reach a person: {seen(foot.contact)}"
    parts = [words, *([f"Open the page: {link}"] if link else [])]
    parts += [f"{_OWN}: {foot.own}"] if foot and foot.own else []
    message["MIME-Version"] = _header("MIME-Version", "1.0")
    message["Content-Type"] = _header(
        "Content-Type", f'multipart/alternative; boundary="{_BOUNDARY}"'
    )
    message.attach(_part("plain", "\n\n".join([*parts, f"-- \n{footer}"]) + "\n"))
    message.attach(_part("html", _html(title, words, link, foot, footer)))
    return message


# all mails have these, and to read one takes longer than to write a mail's text
@lru_cache(maxsize=32)
def _header(name: str, value: str) -> Any:
    return SMTP.header_factory(name, value)


def _part(kind: str, text: str) -> EmailMessage:
    part = EmailMessage(policy=SMTP)
    part["Content-Type"] = _header("Content-Type", f'text/{kind}; charset="utf-8"')
    part["Content-Transfer-Encoding"] = _header("Content-Transfer-Encoding", "quoted-printable")
    part.set_payload(quopri.encodestring(text.encode()).decode("ascii"))
    return part


def subject(words: str) -> str:
    """The first line that says something; of a long one its sentences that fit, or words."""
    line = next((one for one in map(str.strip, seen(words).split("\n")) if one), "A notice")
    line = _ENCODED.sub("= ?", " ".join(line.split()))
    if len(line) <= _LONGEST_SUBJECT:
        return line
    ends = [one.start() for one in _SENTENCE_END.finditer(line)]
    whole = max((one for one in ends if one <= _LONGEST_SUBJECT), default=0)
    if whole >= _SAYS_SOMETHING:
        return line[:whole]
    cut = line[: _LONGEST_SUBJECT - 1]
    head = cut.rpartition(" ")[0]
    return f"{head if len(head) >= _SAYS_SOMETHING else cut}…"


@lru_cache(maxsize=32)
def sender_of(text: str) -> Address:
    """The desk's own address, as `name@place` or `Name <name@place>`. Raises ValueError."""
    name, address = addresses.split(text)
    return _address(address, name)


def _address(text: str, name: str = "") -> Address:
    try:
        return Address(display_name=name, addr_spec=text.strip())
    except Exception as error:
        # the parser raises errors of many kinds for what is no address
        raise ValueError(f"{text!r} is no e-mail address") from error


def _html(title: str, words: str, link: str | None, foot: Foot | None, footer: str) -> str:
    return _HTML.format(
        title=escape(title),
        words=escape(words).replace("\n", "<br>\n"),
        link=_LINK.format(escape(link)) if link else "",
        own=_OWN_LINK.format(escape(foot.own), _OWN) if foot and foot.own else "",
        footer=escape(footer),
    )
