"""The SMTP side alone, against a real server."""

import asyncio
import socket
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from tests.channels.mail.servers import PASSWORD, Mailbox, certificate, serving, text_of

from thingdesk.channels.mail import Deferred, Rejected, Server, Smtp, Tls, Unreachable

TO = "owner@example.org"


def message(text: str = "Hello.\n") -> EmailMessage:
    one = EmailMessage()
    one["From"], one["To"], one["Subject"] = "desk@example.net", TO, "Hello"
    one["Message-ID"] = "<1@example.net>"
    one.set_content(text)
    return one


async def send(smtp: Smtp, *messages: EmailMessage) -> None:
    def run() -> None:
        line = smtp.open()
        try:
            for one in messages:
                line.send(one, TO)
        finally:
            line.close()

    await asyncio.to_thread(run)


def plain(port: int) -> Smtp:
    return Smtp(Server("127.0.0.1", port, Tls.OFF))


async def test_several_mails_go_over_one_line() -> None:
    mailbox = Mailbox()
    async with serving(mailbox) as port:
        await send(plain(port), message(), message("Dots:\n.\n..\nMAIL FROM:<evil@x>\n"))
    assert mailbox.to == [[TO], [TO]]
    assert text_of(mailbox.mails[1]) == "Dots:\n.\n..\nMAIL FROM:<evil@x>\n"
    assert mailbox.sessions[0] is mailbox.sessions[1]


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ({"answer_rcpt": "550 no such mailbox"}, Rejected),
        ({"answer_rcpt": "450 greylisted, try later"}, Deferred),
        ({"answer_data": "554 this looks like spam"}, Rejected),
        ({"answer_data": "452 no room"}, Deferred),
        ({"answer_mail": "553 we do not know this desk"}, Deferred),
    ],
)
async def test_a_refusal_says_whether_it_is_for_ever(
    answers: dict[str, str], error: type[Exception]
) -> None:
    mailbox = Mailbox(**answers)  # type: ignore[arg-type]
    async with serving(mailbox) as port:
        [said] = answers.values()
        with pytest.raises(error, match=f"the mail server answered {said}"):
            await send(plain(port), message())
    assert mailbox.mails == []


async def test_after_a_refusal_the_line_goes_on() -> None:
    mailbox = Mailbox(answer_rcpt="550 no such mailbox")

    def run(smtp: Smtp) -> None:
        line = smtp.open()
        with pytest.raises(Rejected):
            line.send(message(), TO)
        mailbox.answer_rcpt = ""
        line.send(message(), TO)
        line.close()

    async with serving(mailbox) as port:
        await asyncio.to_thread(run, plain(port))
    assert len(mailbox.mails) == 1


async def test_a_server_that_is_not_there_is_unreachable() -> None:
    async with serving(Mailbox()) as port:
        pass
    with pytest.raises(Unreachable, match=f"127.0.0.1:{port}"):
        await send(plain(port), message())


async def test_a_server_that_goes_away_is_unreachable() -> None:
    mailbox = Mailbox()

    async with serving(mailbox) as port:

        def run() -> None:
            line = plain(port).open()
            line.send(message(), TO)
            assert line._connection.sock
            line._connection.sock.shutdown(socket.SHUT_RDWR)
            with pytest.raises(Unreachable):
                line.send(message(), TO)
            line.close()

        await asyncio.to_thread(run)
    assert len(mailbox.mails) == 1


# aiosmtpd does not see that a line is secure which has been from its beginning
@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
@pytest.mark.parametrize("tls", [Tls.OFFERED, Tls.REQUIRED, Tls.IMPLICIT])
async def test_with_tls_and_a_password(tmp_path: Path, tls: Tls) -> None:
    there, trusting = certificate(tmp_path)
    mailbox = Mailbox()
    secure: dict[str, Any] = {"tls_context": there}
    if tls is Tls.IMPLICIT:
        secure = {"implicit": there, "auth_require_tls": False}
    async with serving(mailbox, auth_required=True, **secure) as port:
        server = Server("localhost", port, tls, "me", PASSWORD.decode())
        await send(Smtp(server, context=trusting), message())
        wrong = Server("localhost", port, tls, "me", "wrong")
        with pytest.raises(Unreachable, match="535"):
            await send(Smtp(wrong, context=trusting), message())
    assert len(mailbox.mails) == 1


@pytest.mark.parametrize("tls", [Tls.OFFERED, Tls.REQUIRED, Tls.IMPLICIT])
async def test_a_certificate_that_nobody_vouches_for_is_not_trusted(
    tmp_path: Path, tls: Tls
) -> None:
    there, _ = certificate(tmp_path)
    mailbox = Mailbox()
    name = "implicit" if tls is Tls.IMPLICIT else "tls_context"
    async with serving(mailbox, **{name: there}) as port:
        with pytest.raises(Unreachable, match="certificate verify failed"):
            await send(Smtp(Server("localhost", port, tls)), message())
    assert mailbox.mails == []


@pytest.mark.parametrize(
    ("tls", "name"), [(Tls.REQUIRED, None), (Tls.OFFERED, "me"), (Tls.REQUIRED, "me")]
)
async def test_without_tls_nothing_goes_that_needs_it(tls: Tls, name: str | None) -> None:
    mailbox = Mailbox()
    async with serving(mailbox) as port:
        with pytest.raises(Unreachable, match="offers no STARTTLS"):
            await send(Smtp(Server("localhost", port, tls, name, "pw")), message())
        await send(Smtp(Server("localhost", port, Tls.OFFERED)), message())
    assert len(mailbox.mails) == 1


async def test_an_address_that_the_server_cannot_write_is_rejected() -> None:
    one = message()
    del one["To"]
    one["To"] = "öwner@example.org"

    def run(smtp: Smtp) -> None:
        line = smtp.open()
        with pytest.raises(Rejected, match="cannot write to this address"):
            line.send(one, "öwner@example.org")
        line.close()

    async with serving(Mailbox(), enable_SMTPUTF8=False) as port:
        await asyncio.to_thread(run, plain(port))
