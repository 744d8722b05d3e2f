"""What the organisation's mail server hands in, over real LMTP."""

import asyncio
import io
import logging
import smtplib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from aiosmtpd.smtp import Envelope
from tests.channels.letterbox.test_letter import BROKEN, nested
from tests.hand import Hand
from tests.journeys.garage import MISFIRE, car, open_garage
from tests.parties.making import unique

from thingdesk import parties
from thingdesk.channels.letterbox import Letterbox
from thingdesk.dialogue import MOST_TURNS
from thingdesk.parties import Role
from thingdesk.platform import logs
from thingdesk.platform.database import Database


@dataclass
class Post:
    """A letterbox, the owner of a case, and somebody of staff."""

    hand: Hand
    port: int
    owner: str
    case_id: UUID
    staff: UUID

    async def send(self, words: str, *headers: str, sender: str | None = None) -> None:
        """As a mail server does, in a thread of its own."""
        lines = (
            f"From: {sender or self.owner}",
            "To: desk@example.org",
            f"References: <case.{self.case_id}@example.org>",
            *headers,
        )
        text = "\r\n".join([*lines, "", words, ""])

        def hand_in() -> None:
            with smtplib.LMTP("127.0.0.1", self.port, timeout=30) as line:
                line.sendmail(self.owner, ["desk@example.org"], text)

        await asyncio.to_thread(hand_in)

    async def told(self) -> list[str]:
        """What staff were told of the owner's mails."""
        async with self.hand.database.transaction() as tx:
            rows = await tx.fetch(
                "select words from notice where to_id = $1 and kind = 'owner.wrote' order by id",
                str(self.staff),
            )
        return [row["words"] for row in rows]


@pytest.fixture
async def post(database: Database) -> AsyncIterator[Post]:
    hand, name = await open_garage(database), unique("car")
    await car(hand, name, terms=None)
    case_id = await hand.opened(name, "vehicle.repair", MISFIRE)
    async with database.transaction() as tx:
        new = await parties.add_staff(tx, f"{unique('a')}@example.org", "Agent", {Role.AGENT})
    async with Letterbox(database).serving("127.0.0.1", 0) as port:
        yield Post(hand, port, f"owner-{name}@example.org", case_id, new.id)


async def test_staff_are_told_what_an_owner_answers_and_nothing_else_happens(post: Post) -> None:
    question = await post.hand.question(post.case_id)
    await post.send("yes")
    assert await post.told() == ["The owner writes:\n\nyes"]
    assert await post.hand.question(post.case_id) == question, "no mail approves anything"
    assert "owner.wrote" in await post.hand.kinds(post.case_id)


async def test_the_same_mail_again_changes_nothing(post: Post) -> None:
    for _ in range(3):
        await post.send("Please call me.")
    assert len(await post.told()) == 1


async def test_the_same_words_in_another_mail_are_told(post: Post) -> None:
    for day in (1, 2):
        await post.send("Please call me.", f"Date: Mon, {day} Jan 2029 10:00:00 +0000")
    assert len(await post.told()) == 2


async def test_what_a_program_answers_goes_no_further(post: Post) -> None:
    before = await post.hand.kinds(post.case_id)
    for header in ("Auto-Submitted: auto-replied", "Precedence: bulk", "List-Id: <x.example>"):
        await post.send("I am away.", header)
    assert await post.told() == []
    assert await post.hand.kinds(post.case_id) == before


async def test_strangers_and_owners_of_others_say_nothing_on_a_case(post: Post) -> None:
    await post.send("Cancel it.", sender="somebody@example.org")
    assert await post.told() == []
    other = unique("car")
    await car(post.hand, other, terms=None)
    await post.send("It is mine.", sender=f"owner-{other}@example.org")
    assert len(await post.told()) == 1
    assert "owner.wrote" not in await post.hand.kinds(post.case_id)


async def test_two_programs_that_nobody_recognises_stop_writing_to_each_other(post: Post) -> None:
    for n in range(MOST_TURNS + 5):
        await post.send(f"Thank you for your message number {n}.")
    assert len(await post.told()) == MOST_TURNS


async def test_a_mail_that_cannot_be_stored_is_to_come_again(post: Post) -> None:
    async with post.hand.database.transaction() as tx:
        await tx.execute("alter table journey_told rename to journey_gone")
    try:
        with pytest.raises(smtplib.SMTPDataError) as caught:
            await post.send("Hello?")
        assert caught.value.smtp_code == 451
    finally:
        async with post.hand.database.transaction() as tx:
            await tx.execute("alter table journey_gone rename to journey_told")
    await post.send("Hello?")
    assert len(await post.told()) == 1


@pytest.mark.parametrize("broken", BROKEN)
async def test_what_cannot_be_read_is_taken_and_never_answered(post: Post, broken: str) -> None:
    def hand_in() -> None:
        with smtplib.LMTP("127.0.0.1", post.port, timeout=30) as line:
            text = f"{broken}\r\n\r\nPlease call me\r\n"
            assert line.sendmail(post.owner, ["desk@example.org"], text) == {}

    await asyncio.to_thread(hand_in)
    assert await post.told() == []


async def test_a_mail_that_is_too_large_is_refused(post: Post) -> None:
    with pytest.raises(smtplib.SMTPResponseException) as caught:
        await post.send("x\r\n" * 500_000)
    assert caught.value.smtp_code == 552


async def test_more_headers_than_anybody_needs_are_refused_with_the_reason(post: Post) -> None:
    many = [f"X-Filler-{n}: {'x' * 900}" for n in range(80)]
    with pytest.raises(smtplib.SMTPDataError) as caught:
        await post.send("Please call me.", *many)
    assert caught.value.smtp_code == 552
    assert b"more than 64 KiB" in caught.value.smtp_error
    await post.send("Please call me.", *many[:60])
    assert await post.told() == ["The owner writes:\n\nPlease call me."]


@pytest.mark.parametrize(
    ("mail", "reason"),
    [(nested(100), b"more than 30 multiparts"), (b"\r\n" * 60_000, b"more than 50,000 lines")],
    ids=["multiparts", "lines"],
)
async def test_more_than_anybody_needs_is_refused_with_the_reason(
    post: Post, mail: bytes, reason: bytes
) -> None:
    def hand_in() -> None:
        with smtplib.LMTP("127.0.0.1", post.port, timeout=60) as line:
            line.sendmail(post.owner, ["desk@example.org"], mail)

    with pytest.raises(smtplib.SMTPDataError) as caught:
        await asyncio.to_thread(hand_in)
    assert caught.value.smtp_code == 552
    assert reason in caught.value.smtp_error
    await post.send("Please call me.")
    assert await post.told() == ["The owner writes:\n\nPlease call me."]


async def test_the_letterbox_ends_the_sessions_that_are_open(database: Database) -> None:
    async with Letterbox(database).serving("127.0.0.1", 0) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert (await reader.readline()).startswith(b"220 ")
    async with asyncio.timeout(30):
        assert await reader.read() == b""
    writer.close()


async def test_a_mail_is_read_beside_the_event_loop(database: Database) -> None:
    envelope = Envelope()
    # nobody can read it, so that nothing but reading it is waited for
    envelope.content = f"{BROKEN[-1]}\r\n\r\nwords\r\n".encode()
    nobody: Any = None
    taking = asyncio.create_task(Letterbox(database).handle_DATA(nobody, nobody, envelope))
    await asyncio.sleep(0)
    assert not taking.done(), "it was read before anybody else had a turn"
    assert (await taking).startswith("250 ")


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    stream = io.StringIO()
    logs.configure("INFO", "json", stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


async def test_who_writes_to_whom_stands_in_no_log(post: Post, log: io.StringIO) -> None:
    await post.send("Please call me.")
    logging.getLogger("thingdesk").info("still here")
    assert "still here" in log.getvalue()
    assert "@example.org" not in log.getvalue()
