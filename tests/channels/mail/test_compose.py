import email
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.channels.mail.servers import text_of

from thingdesk.channels.mail.compose import Foot, compose, sender_of, subject
from thingdesk.notices import Notice, Outgoing, Recipient
from thingdesk.platform.formats import seen

ID = UUID("01a1ffdd-f15f-7946-ae67-0d1fc6917a53")
CASE = UUID("01a1ffdd-f15f-70f0-858d-f14ff284fbaa")
AT = datetime(2026, 11, 21, 20, tzinfo=UTC)
EXPECTED = {
    "Message-ID", "Date", "From", "To", "Subject", "Auto-Submitted", "References", "MIME-Version",
    "Content-Type",
}  # fmt: skip


def outgoing(words: str, case_id: UUID | None = CASE) -> Outgoing:
    notice = Notice(Recipient.owner(ID), "case.told", words, case_id)
    return Outgoing(ID, notice, told_at=AT, until=AT, attempts=1, again_at=AT)


def mail(words: str, *, to: str = "owner@example.org", link: str | None = None) -> EmailMessage:
    return compose(outgoing(words), to, "The desk <desk@example.net>", link)


def received(message: EmailMessage) -> EmailMessage:
    """As a mail program reads it from the wire."""
    read: Any = email.message_from_bytes(message.as_bytes(), policy=default)
    return read  # type: ignore[no-any-return]


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part
    return text_of(part)


def test_the_headers_say_what_it_is() -> None:
    got = received(mail("Your press is well again.\nIt cooled down."))
    assert got["Message-ID"] == f"<{ID}@example.net>"
    assert got["References"] == f"<case.{CASE}@example.net>"
    assert got["Auto-Submitted"] == "auto-generated"
    assert got["From"] == "The desk <desk@example.net>"
    assert got["To"] == "owner@example.org"
    assert got["Subject"] == "Your press is well again."
    assert got["Date"] == "Sat, 21 Nov 2026 20:00:00 +0000"


@pytest.mark.parametrize(
    ("to", "words"),
    [
        (Recipient.owner(ID), "Sent by the service desk of your machine, The desk."),
        (Recipient.provider(ID), "Sent by the service desk The desk, which offers jobs to you."),
        (Recipient.staff(ID), "Sent by your own service desk, The desk."),
    ],
)
def test_the_foot_says_whose_desk_it_is(to: Recipient, words: str) -> None:
    one = replace(outgoing("A job."), notice=Notice(to, "job.offered", "A job.", CASE))
    got = received(compose(one, "north@example.org", "The desk <desk@example.net>", None))
    assert words in body(got, "plain")


def test_text_and_html_say_the_same_and_have_the_link() -> None:
    link = "https://desk.example/decision/a.b-c?x=1&y=2"
    got = received(mail("Which day suits?\n- Monday\n- Dienstag, früh", link=link))
    assert body(got, "plain").startswith(
        f"Which day suits?\n- Monday\n- Dienstag, früh\n\nOpen the page: {link}\n"
    )
    assert "Which day suits?<br>\n- Monday<br>\n- Dienstag, früh" in body(got, "html")
    assert 'href="https://desk.example/decision/a.b-c?x=1&amp;y=2"' in body(got, "html")
    assert str(CASE) in body(got, "plain")


def test_without_a_link_there_is_none() -> None:
    got = received(mail("All is well."))
    assert "href" not in body(got, "html")
    assert "Open the page" not in body(got, "plain")


def test_an_owners_mail_leads_to_their_page_and_a_person() -> None:
    foot = Foot("https://desk.example/owner/a.b?x=1&y=2", "+49 30 <1>\n2")
    got = received(compose(outgoing("Well."), "a@example.org", "d@example.net", None, foot))
    own = "What was done in your name, and how to stop it"
    assert f"\n\n{own}: {foot.own}\n\n-- \n" in body(got, "plain")
    assert "To reach a person: +49 30 <1>\n2" in body(got, "plain")
    assert f'<a href="https://desk.example/owner/a.b?x=1&amp;y=2">{own}</a>' in body(got, "html")
    assert "To reach a person: +49 30 &lt;1&gt;" in body(got, "html")
    plain = received(compose(outgoing("Well."), "a@example.org", "d@example.net", None, Foot(None)))
    assert own not in body(plain, "plain") + body(plain, "html")
    assert "person" not in body(plain, "plain")


def test_without_a_case_it_refers_to_none() -> None:
    message = compose(outgoing("Hello.", None), "a@example.org", "desk@example.net", None)
    assert message["References"] is None
    assert "Case" not in body(received(message), "plain")


def test_a_repeat_is_the_same_to_the_byte() -> None:
    one, other = (mail("Wörter " * 100, link="https://desk.example/x").as_bytes() for _ in "12")
    assert one == other


ATTACKS = [
    "Hello\r\nBcc: victim@example.org\r\n\r\nBuy!",
    "Hello\rBcc: victim@example.org",
    "Hello\x85Bcc: victim@example.org",
    "Hello\u2028Bcc: victim@example.org",
    "Hello\x0bBcc: victim@example.org",
    "\r\n.\r\nMAIL FROM:<evil@example.org>\r\n",
    "\n\n--=_01a1ffddf15f7946ae670d1fc6917a53--\n",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "{title} {0} %s {words.__class__}",
    "=?utf-8?q?Bcc=3A_victim=40example.org?=",
    "\x00\x07\x1b[31mred\u202eesrever",
    "x" * 5000,
    "",
]


@pytest.mark.parametrize("words", ATTACKS)
def test_what_a_machine_says_is_text_and_nothing_else(words: str) -> None:
    got = received(mail(words))
    assert set(got.keys()) == EXPECTED
    assert [one.addr_spec for one in got["To"].addresses] == ["owner@example.org"]
    assert [part.get_content_type() for part in got.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert body(got, "plain").startswith(seen(words).rstrip("\n"))
    html = body(got, "html")
    assert "<script" not in html
    assert "<img" not in html
    assert html.rstrip().endswith("</html>")


@pytest.mark.parametrize(
    "words",
    [
        "Hot =?utf-8?q?x=0aBcc:_evil@example.org=0a=0aPay_me?= now.",
        "=?utf-8?q?x=0d=0aBcc:_evil@example.org?=",
        "=?utf-8?b?eApCY2M6IGV2aWxAZXhhbXBsZS5vcmc=?=",
        "==?utf-8?q?x=0aBcc:_evil@example.org?=",
        "\u00fc =?us-ascii*en?q?x=0aBcc:_evil@example.org?= " + "long " * 20,
    ],
)
def test_what_would_be_read_as_another_text_is_shown_as_it_was_said(words: str) -> None:
    got = received(mail(words))
    assert set(got.keys()) == EXPECTED
    assert got["Subject"].startswith(words.replace("=?", "= ?")[:40])
    assert body(got, "plain").startswith(words.strip())


@given(st.text(max_size=300))
def test_whatever_is_said_the_headers_stay_as_they_are(words: str) -> None:
    raw = mail(words).as_bytes()
    head = raw.partition(b"\r\n\r\n")[0]
    names = [line.partition(b":")[0].decode() for line in head.split(b"\r\n") if line[:1].strip()]
    assert sorted(names) == sorted(EXPECTED)
    assert max(len(line) for line in raw.split(b"\r\n")) < 998
    assert "victim" not in str(received(mail(words))["To"])


def test_the_subject_is_the_first_line_that_says_something() -> None:
    assert subject("\n  \n The   pump\tstopped. \nMore.") == "The pump stopped."
    assert subject("   \n") == "A notice"


def test_of_a_long_line_the_subject_is_what_can_be_read_whole() -> None:
    first = "Your pump may be clogged, and its flow is below what your fish need."
    assert subject(f"{first} We have asked Reef & Co, who come on Monday.") == first
    assert subject("The press is on fire. It has stopped. " + "Y " * 40) == (
        "The press is on fire. It has stopped."
    )
    assert subject("Mr. Bob " + "has a pump " * 9) == "Mr. Bob" + " has a pump" * 6 + "…"
    assert subject("The press stopped. It is on fire.") == "The press stopped. It is on fire."
    assert subject("a long word " * 10) == "a long word " * 6 + "a…"
    assert subject("Costs 4. 50 " + "and so on " * 9).startswith("Costs 4. 50 and")
    assert subject("x" * 79) == "x" * 77 + "…"
    assert subject("x" * 78) == "x" * 78
    assert subject("x " + "y" * 90) == "x " + "y" * 75 + "…"
    assert subject("y" * 90 + " x") == "y" * 77 + "…"


def test_controls_and_what_turns_text_around_are_taken_out() -> None:
    assert seen("a\r\nb\rc\x85d\u2028e\tf") == "a\nb\nc\nd\ne\tf"
    assert seen("a\x00b\x1b[0m\u202ec\u200bd") == "ab[0mcd"


@pytest.mark.parametrize(
    "address",
    ["a@b, c@d", "a@b\r\nBcc: c@d", "a b", "a@", "@b", "", "<a@b>", "a@b\x00", "Name <a@b>"],
)
def test_what_is_not_one_address_is_an_error(address: str) -> None:
    with pytest.raises(ValueError, match="is no e-mail address"):
        mail("Hello.", to=address)


def test_the_sender_may_have_a_name() -> None:
    assert str(sender_of('"The desk" <desk@example.net>')) == "The desk <desk@example.net>"
    assert str(sender_of("desk@localhost")) == "desk@localhost"
    with pytest.raises(ValueError, match="is no e-mail address"):
        sender_of("desk")
