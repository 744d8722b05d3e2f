"""What is read of a mail, and which mails nobody wrote."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thingdesk.channels.letterbox.letter import Letter
from thingdesk.channels.letterbox.letter import read as read_any
from thingdesk.channels.letterbox.parse import MOST_LINES, MOST_PARTS, TooMuchError

CASE = "01a20465-0000-7000-8000-000000000000"
ANSWER = f"""\
From: Owner <Owner@Example.org>
To: desk@example.org
Subject: Re: Pick a date
In-Reply-To: <01a20465-1111-7000-8000-000000000000@example.org>
References: <case.{CASE}@example.org>
Content-Type: text/plain; charset=utf-8

Not on Monday, please.\u202e

On Friday, Desk wrote:
> Which date?
"""


BROKEN = (
    "From: eve\0@example.org",
    "From: Eve \x07\x1b[2J\0 <eve@example.org\0>",
    'From: "',
    "From: eve <",
    "From: .@",
    "From: =?charset=\t()base64base64<",
    "From: =:,\t;*text/plain",
    "From: .<\0=?unknown?q?x?=]:utf-8''%ff",
    "From: =*0*=@[*0*=",
    "From: \r\n :\tboundary=",
    "From: \r\n .)charset=\tutf-8''%ff",
    "From: eve@example.org\r\nContent-Type: *;.*",
)
"""Each of another kind on which the library's parser fails."""


def read(content: bytes, envelope_from: str) -> Letter:
    letter = read_any(content, envelope_from)
    assert letter
    return letter


def mail(*headers: str, of: str = ANSWER) -> bytes:
    return "\r\n".join([*headers, *of.splitlines()]).encode()


def test_what_an_owner_writes_is_read_without_what_it_quotes() -> None:
    letter = read(mail(), "owner@example.org")
    assert letter.sender == "owner@example.org"
    assert letter.case_id == UUID(CASE)
    assert letter.words == "Not on Monday, please."
    assert not letter.automatic


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: Auto-Generated (vacation)",
        "Auto-Submitted: (vacation) auto-replied",
        "Auto-Submitted: (by (a) \\) program) auto-replied",
        "Auto-Submitted: (no",
        "auto-submitted: auto-notified; owner-email=x",
        "Precedence: bulk",
        "Precedence: AUTO_REPLY",
        "List-Id: <people.example.org>",
        "X-Autoreply: yes",
    ],
)
def test_what_a_program_wrote_is_known_by_its_headers(header: str) -> None:
    assert read(mail(header), "owner@example.org").automatic


@pytest.mark.parametrize("value", ["no", "NO (I wrote it)", "(I wrote (all of) it) no; x=1"])
def test_auto_submitted_no_is_a_human(value: str) -> None:
    assert read(mail(f"Auto-Submitted: {value}"), "owner@example.org").automatic is False


def test_what_has_no_sender_to_return_to_is_a_program() -> None:
    assert read(mail(), "").automatic


@pytest.mark.parametrize(
    "name", ["MAILER-DAEMON", "no-reply", "noreply+7", "bounces-1", "postmaster"]
)
def test_some_senders_are_programs(name: str) -> None:
    other = ANSWER.replace("Owner@Example.org", f"{name}@example.org")
    assert read(mail(of=other), "x@example.org").automatic


def test_a_report_of_a_delivery_is_a_program() -> None:
    other = ANSWER.replace("text/plain; charset=utf-8", 'multipart/report; boundary="x"')
    assert read(mail(of=other), "x@example.org").automatic


def test_who_gives_two_senders_is_nobody() -> None:
    other = ANSWER.replace("From: Owner <Owner@Example.org>", "From: a@x.org, b@x.org")
    assert read(mail(of=other), "x@example.org").sender == ""


@pytest.mark.parametrize("header", BROKEN)
def test_what_the_parser_fails_on_is_nobodys_and_empty(header: str) -> None:
    letter = read_any(f"{header}\r\n\r\nbody\r\n".encode(), "eve@example.org")
    assert letter is None or not letter.sender


def test_a_broken_sender_leaves_the_rest() -> None:
    other = ANSWER.replace("From: Owner <Owner@Example.org>", "From: eve <")
    assert read(mail(of=other), "x@example.org").words == "Not on Monday, please."


@given(st.binary(max_size=2_000))
def test_whatever_comes_is_read(content: bytes) -> None:
    letter = read_any(content, "x@example.org")
    assert letter is None or len(letter.words) <= 2_000


FRAGMENTS = st.lists(
    st.sampled_from([*'<>@"(),;:[]\\ =.*\0', "\r\n ", "=?utf-8?q?a?=", "*0*=", "utf-8''%ff", "a"]),
    max_size=12,
)
HEADERS = ["From", "In-Reply-To", "References", "Auto-Submitted", "Precedence", "Content-Type"]


@given(FRAGMENTS.map("".join) | st.text(max_size=300), st.sampled_from(HEADERS))
def test_whatever_a_header_says_is_read(text: str, name: str) -> None:
    read_any(f"{name}: {text}\r\n\r\nwords".encode(errors="replace"), "x@example.org")


PARTS = "Content-Type: multipart/mixed; boundary=x\r\n\r\n{}--x\r\n\r\nPlease call me.\r\n--x--\r\n"
PART = (
    "--x\r\nContent-Type: application/pdf; name=bill-{0}.pdf\r\n"
    "Content-Disposition: attachment; filename=bill-{0}.pdf\r\n\r\n-\r\n"
)


def test_a_mail_with_many_attachments_is_read() -> None:
    parts = "".join(PART.format(n) for n in range(50))
    letter = read_any(f"From: eve@example.org\r\n{PARTS.format(parts)}".encode(), "eve@example.org")
    assert letter is not None
    assert letter.words == "Please call me."


@pytest.mark.parametrize(
    "head",
    [
        "From: " + "a@b.cd," * 8_000,
        "From: " + "(a) " * 15_000 + "eve@example.org",
        "From: eve@example.org\r\nContent-Type: text/plain" + "; a=b" * 12_000,
        "From: eve@example.org\r\n" + PARTS.format("--x\r\nContent-Type: a/b" + "; a=b" * 99_000),
    ],
    ids=["addresses", "comments", "parameters", "of a part"],
)
def test_what_would_take_long_to_take_apart_is_not(head: str) -> None:
    """It took half a minute, or an hour: here it would end the test."""
    letter = read_any(f"{head}\r\n\r\nPlease call me.\r\n".encode(), "eve@example.org")
    assert letter is None or letter.sender == ""


SAID = "From: eve@example.org\r\nContent-Type: text/plain; charset={}\r\n\r\n"


@pytest.mark.parametrize(
    ("charset", "content", "words"),
    [
        ("utf-8", b"\xc3\xa9", "\u00e9"),
        ("UTF8", b"\xc3\xa9", "\u00e9"),
        ("iso-8859-15", b"\xa4", "\u20ac"),
        ("windows-1252", b"\x80", "\u20ac"),
        ("us-ascii", b"a\xe9", "a\ufffd"),
    ],
)
def test_the_usual_charsets_are_read(charset: str, content: bytes, words: str) -> None:
    assert read(SAID.format(charset).encode() + content, "eve@example.org").words == words


@pytest.mark.parametrize(
    "charset",
    ["punycode", "utf-7", "idna", "hz", "unicode_escape", "utf-16", "iso-8859-99", "x" * 300, '""'],
)
def test_any_other_charset_is_read_as_ascii(charset: str) -> None:
    """Some of Python's take minutes for a mail."""
    content = SAID.format(charset).encode() + b"x-+ADw-eacute\xe9"
    assert read(content, "eve@example.org").words == "x-+ADw-eacute\ufffd"


def test_a_charset_named_with_a_charset_is_as_good_as_none() -> None:
    content = SAID.replace("charset={}", "charset*=utf-8''punycode").encode() + b"x-eacute"
    assert read(content, "eve@example.org").words == "x-eacute"


def test_what_is_written_below_a_long_quote_is_read() -> None:
    quoted = "> as I said\r\n" * 3_000
    assert read(f"From: eve@example.org\r\n\r\n{quoted}Yes.".encode(), "e@x.org").words == "Yes."


MULTIPART = "Content-Type: multipart/mixed; boundary=b{}\r\n\r\n"
FOLDED = "CONTENT-type:\r\n multipart/alternative;\r\n boundary*0=b;\r\n boundary*1={}\r\n\r\n"


def nested(depth: int, part: str = MULTIPART) -> bytes:
    parts = "".join(f"--b{n}\r\n{part.format(n + 1)}" for n in range(depth))
    innermost = f"--b{depth}\r\n\r\nPlease call me.\r\n"
    return f"From: eve@example.org\r\n{part.format(0)}{parts}{innermost}".encode()


@pytest.mark.parametrize("part", [MULTIPART, FOLDED], ids=["plain", "folded"])
def test_multiparts_in_one_another_are_bounded(part: str) -> None:
    """Each line is held against the boundary of each of them."""
    assert read(nested(8, part), "eve@example.org").words == "Please call me."
    with pytest.raises(TooMuchError, match="more than 30 multiparts"):
        read_any(nested(300, part), "eve@example.org")


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_lines_are_bounded(end: str) -> None:
    with pytest.raises(TooMuchError, match="more than 50,000 lines"):
        read_any(f"From: eve@example.org\r\n\r\n{end * MOST_LINES}".encode(), "eve@example.org")


@pytest.mark.parametrize("kind", ["multipart/mixed; boundary=x", "message/delivery-status"])
def test_parts_are_bounded(kind: str) -> None:
    content = f"From: eve@example.org\r\nContent-Type: {kind}\r\n\r\n"
    with pytest.raises(TooMuchError, match="more than 500 parts"):
        read_any((content + "--x\r\nA: b\r\n\r\n" * MOST_PARTS * 2).encode(), "eve@example.org")
