"""Mails by SMTP (RFC 5321), with STARTTLS (RFC 3207) or TLS from the beginning (RFC 8314)."""

import contextlib
import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

from thingdesk.channels.mail.carrier import Deferred, Rejected, Unreachable
from thingdesk.channels.mail.folder import Folder

# An attempt has to be over before the notice's next one is due.
_TIMEOUT = 30.0
_PORTS = {"smtp": 587, "smtps": 465}
_PERMANENT = 500


class Tls(StrEnum):
    """`offered`: when the server offers it, and always before a password. `off` is for a server
    on this computer.
    """

    IMPLICIT = "implicit"
    REQUIRED = "required"
    OFFERED = "offered"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server. Certificates are verified whenever TLS is used."""

    host: str
    port: int
    tls: Tls
    name: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def read(cls, url: str) -> "Server":
        """From `smtp://[name:password@]host[:port][?tls=required|offered|off]`, or `smtps://`.

        Name and password are percent-encoded. Without `tls` it is off for this computer and
        offered for others. Raises ValueError, which does not show the password.
        """
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError("the mail server is given as smtp://[name:password@]host[:port]")
        try:
            port = parts.port or _PORTS[parts.scheme]
            wanted = parse_qs(parts.query).get("tls", [_usual(parts.hostname)])[-1]
            tls = Tls.IMPLICIT if parts.scheme == "smtps" else Tls(wanted)
        except ValueError as error:
            raise ValueError(f"the mail server's URL: {error}") from error
        name = unquote(parts.username) if parts.username else None
        password = unquote(parts.password or "") if name else None
        if name and tls is Tls.OFF and not _is_here(parts.hostname):
            raise ValueError("the mail server's password cannot go over a line without TLS")
        return cls(parts.hostname, port, tls, name, password)


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _usual(host: str) -> str:
    return Tls.OFF if _is_here(host) else Tls.OFFERED


class Smtp:
    """Sends through one mail server. `left` has what was written before there was one."""

    def __init__(
        self, server: Server, *, context: ssl.SSLContext | None = None, left: Folder | None = None
    ) -> None:
        self._server = server
        self._left = left
        self._context = context or ssl.create_default_context()

    def open(self) -> "SmtpLine":
        with contextlib.ExitStack() as undo:
            try:
                connection = self._connect()
                undo.callback(connection.close)
                self._secure(connection)
                if self._server.name:
                    connection.login(self._server.name, self._server.password or "")
            except (OSError, smtplib.SMTPException) as error:
                raise Unreachable(f"{self._server.host}:{self._server.port}: {error}") from error
            undo.pop_all()
        return SmtpLine(connection)

    def forget(self, mails: Sequence[UUID]) -> None:
        """What the mail server took is out of reach."""
        if self._left:
            self._left.forget(mails)

    def let_go(self, before: datetime) -> None:
        if self._left:
            self._left.let_go(before)

    def _connect(self) -> smtplib.SMTP:
        host, port = self._server.host, self._server.port
        if self._server.tls is Tls.IMPLICIT:
            return smtplib.SMTP_SSL(host, port, timeout=_TIMEOUT, context=self._context)
        return smtplib.SMTP(host, port, timeout=_TIMEOUT)

    def _secure(self, connection: smtplib.SMTP) -> None:
        connection.ehlo()
        if self._server.tls in (Tls.IMPLICIT, Tls.OFF):
            return
        if connection.has_extn("starttls"):
            connection.starttls(context=self._context)
        elif self._server.tls is Tls.REQUIRED or self._server.name:
            raise smtplib.SMTPNotSupportedError("the server offers no STARTTLS")


class SmtpLine:
    """One connection. After Unreachable it is of no more use."""

    def __init__(self, connection: smtplib.SMTP) -> None:
        self._connection = connection

    def send(self, message: EmailMessage, address: str) -> None:
        try:
            self._connection.send_message(message, to_addrs=[address])
        except smtplib.SMTPRecipientsRefused as refused:
            raise _verdict(*refused.recipients[address]) from refused
        except smtplib.SMTPSenderRefused as refused:
            # it is our own address that is wrong, and so are all other mails: no reason to end this
            raise Deferred(_words(refused.smtp_code, refused.smtp_error)) from refused
        except smtplib.SMTPDataError as refused:
            raise _verdict(refused.smtp_code, refused.smtp_error) from refused
        except smtplib.SMTPNotSupportedError as error:
            raise Rejected(f"the mail server cannot write to this address: {error}") from error
        except (OSError, smtplib.SMTPException) as error:
            raise Unreachable(str(error)) from error

    def close(self) -> None:
        with contextlib.suppress(OSError, smtplib.SMTPException):
            self._connection.quit()
        self._connection.close()


def _words(code: int, said: bytes | str) -> str:
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    return f"the mail server answered {code} {' '.join(text.split())[:300]}"


def _verdict(code: int, said: bytes | str) -> Deferred | Rejected:
    return (Rejected if code >= _PERMANENT else Deferred)(_words(code, said))
