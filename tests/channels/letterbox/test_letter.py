"""What is read of a mail, and which mails nobody wrote."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thingdesk.channels.letterbox.letter import read

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
        "auto-submitted: auto-notified; owner-email=x",
        "Precedence: bulk",
        "Precedence: AUTO_REPLY",
        "List-Id: <people.example.org>",
        "X-Autoreply: yes",
    ],
)
def test_what_a_program_wrote_is_known_by_its_headers(header: str) -> None:
    assert read(mail(header), "owner@example.org").automatic


def test_auto_submitted_no_is_a_human() -> None:
    assert read(mail("Auto-Submitted: no"), "owner@example.org").automatic is False


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


@given(st.binary(max_size=2_000))
def test_whatever_comes_is_read(content: bytes) -> None:
    letter = read(content, "x@example.org")
    assert len(letter.words) <= 2_000


@given(st.text(max_size=300), st.sampled_from(["From", "References", "Content-Type", "Precedence"]))
def test_whatever_a_header_says_is_read(text: str, name: str) -> None:
    read(f"{name}: {text}\r\n\r\nwords".encode(errors="replace"), "x@example.org")
