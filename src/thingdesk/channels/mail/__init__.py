"""Notices to owners, staff and providers by e-mail.

What enters: due notices of the outbox. What leaves: mails by SMTP, or files in a folder where no
mail server is set. Always true: a notice's mail has one Message-ID, however often it is sent, and
is the same to the byte; text that came from a machine is a mail's text and nothing else of it. A
crash between sending and marking sends the mail again (docs/explanation/notices.md).
"""

from thingdesk.channels.mail.carrier import Carrier, Deferred, Line, Rejected, Unreachable
from thingdesk.channels.mail.folder import Folder
from thingdesk.channels.mail.mail import Mail, carrier
from thingdesk.channels.mail.smtp import Server, Smtp, Tls

__all__ = [
    "Carrier",
    "Deferred",
    "Folder",
    "Line",
    "Mail",
    "Rejected",
    "Server",
    "Smtp",
    "Tls",
    "Unreachable",
    "carrier",
]
