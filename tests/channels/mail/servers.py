"""A real SMTP server for the tests, in the loop of the test."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage, MIMEPart
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PASSWORD = b"right horse"


@dataclass
class Mailbox:
    """Takes every mail, unless `answer_rcpt` or `answer_data` says otherwise."""

    mails: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    to: list[list[str]] = field(default_factory=list)
    answer_rcpt: str = ""
    answer_data: str = ""
    answer_mail: str = ""
    before_the_answer: Callable[[], Awaitable[None]] | None = None
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    sessions: list[Any] = field(default_factory=list)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server
        self.sessions.append(session)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self.answer_mail or "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session, options
        if self.answer_rcpt:
            return self.answer_rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Any, envelope: Envelope
    ) -> str:
        del server, session
        if self.answer_data:
            return self.answer_data
        content = envelope.content
        assert isinstance(content, bytes)
        read: Any = message_from_bytes(content, policy=default)
        if self.before_the_answer:
            await self.before_the_answer()
        self.raw.append(content)
        self.mails.append(read)
        self.to.append(envelope.rcpt_tos)
        self.arrived.set()
        return "250 OK"


def text_of(part: MIMEPart) -> str:
    """Its text, with the line ends that it had before it went over the wire."""
    content: str = part.get_content()
    return content.replace("\r\n", "\n")


def plain_text(mail: EmailMessage) -> str:
    """The text of a mail, for who prefers it to HTML."""
    body = mail.get_body(("plain",))
    assert body
    return text_of(body)


def _check(_: Any, __: Any, ___: Any, mechanism: str, data: Any) -> AuthResult:
    right = mechanism in ("PLAIN", "LOGIN") and (data.login, data.password) == (b"me", PASSWORD)
    return AuthResult(success=right, handled=right)


@asynccontextmanager
async def serving(mailbox: Mailbox, **options: Any) -> AsyncIterator[int]:
    """The port of a server that hands its mails to `mailbox`; `options` are aiosmtpd's."""
    loop = asyncio.get_running_loop()
    tls = options.pop("implicit", None)
    if options.get("auth_required"):
        options["authenticator"] = _check
    server = await loop.create_server(
        lambda: SMTP(mailbox, loop=loop, hostname="mail.example.org", **options),
        "127.0.0.1",
        0,
        ssl=tls,
    )
    async with server:
        yield server.sockets[0].getsockname()[1]


def certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate for 127.0.0.1, and a context that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example.org")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(file)
    trusting = ssl.create_default_context(
        cadata=signed.public_bytes(serialization.Encoding.PEM).decode()
    )
    return server, trusting
