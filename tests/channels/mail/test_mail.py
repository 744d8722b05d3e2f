"""From the outbox to a real mail server."""

import asyncio
import logging
import stat
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from uuid import UUID

import pytest
from tests.channels.mail.sending import PAGES, mail_to, new_owner, plain, tell
from tests.channels.mail.servers import Mailbox, plain_text, serving
from tests.links import subject_of

from thingdesk import notices, parties
from thingdesk.channels.mail import Folder, Mail, Smtp, carrier
from thingdesk.notices import Notice, Outgoing, Page, Recipient, State
from thingdesk.parties import NewProvider, Position, Role
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database
from thingdesk.platform.settings import Settings

DAY = timedelta(days=1)


async def get(desk: Database, notice: UUID) -> Outgoing:
    async with desk.transaction() as tx:
        found = await notices.get(tx, notice)
    assert found
    return found


async def test_a_notice_arrives_once_and_is_taken(
    desk: Database, mailbox: tuple[Mailbox, int], turnable: clock.Turnable
) -> None:
    box, port = mailbox
    [id_] = await tell(desk, plain(await new_owner(desk)))
    mail = mail_to(desk, port)
    assert await mail.once() == 1
    turnable.turn(30 * DAY)
    assert await mail.once() == 0
    [arrived] = box.mails
    assert arrived["Message-ID"] == f"<{id_}@example.net>"
    assert arrived["Subject"] == "Your press is well again."
    assert box.to == [["owner@example.org"]]
    assert (await get(desk, id_)).state is State.TAKEN


async def test_staff_and_providers_get_mail_too(
    desk: Database, mailbox: tuple[Mailbox, int]
) -> None:
    box, port = mailbox
    async with desk.transaction() as tx:
        staff = await parties.add_staff(tx, "staff@example.net", "Staff", [Role.AGENT])
        provider = await parties.register_provider(
            tx,
            NewProvider("Tow", ("tow_truck",), (), Position(0, 0), email="tow@example.org"),
        )
    to = [Recipient.staff(staff.id), Recipient.provider(provider.id)]
    await tell(desk, *(Notice(one, "promise.broken", "A promise is broken.") for one in to))
    await mail_to(desk, port).once()
    assert sorted(box.to) == [["staff@example.net"], ["tow@example.org"]]
    assert not [one for one in box.mails if "/owner/" in plain_text(one)]


async def test_a_mail_to_staff_leads_to_the_case(
    desk: Database, mailbox: tuple[Mailbox, int]
) -> None:
    box, port = mailbox
    case_id = ids.new()
    async with desk.transaction() as tx:
        staff = await parties.add_staff(tx, "lead@example.net", "Staff", [Role.AGENT])
    to = Recipient.staff(staff.id)
    await tell(desk, Notice(to, "journey.stuck", "It is.", case_id), Notice(to, "rule.failed", "A"))
    await mail_to(desk, port).once()
    assert [f"{PAGES}cases/{case_id}" in plain_text(one) for one in box.mails] == [True, False]


async def test_the_page_is_a_signed_link_for_its_purpose(
    desk: Database, mailbox: tuple[Mailbox, int]
) -> None:
    box, port = mailbox
    subject = ids.new()
    page = Page("decision", subject, clock.now() + DAY)
    to = Recipient.owner(await new_owner(desk))
    [id_] = await tell(desk, Notice(to, "decision.asked", "Which day?", page=page))
    await mail_to(desk, port).once()
    text = box.mails[0].get_body(("plain",))
    assert text
    token = text.get_content().partition("Open the page: https://desk.example/decision/")[2]
    assert await subject_of(desk, "decision", token.split()[0]) == subject
    # a question is open until it is answered, and nobody can read its link in the outbox
    assert (await get(desk, id_)).state is State.OPEN
    async with desk.transaction() as tx:
        [row] = await tx.fetch("select notice::text as all from notice")
    assert token.split()[0] not in row["all"]


@pytest.mark.parametrize("address", [None, "a@b, c@d"])
async def test_what_has_no_address_is_given_up_and_the_others_go(
    desk: Database, mailbox: tuple[Mailbox, int], address: str | None
) -> None:
    box, port = mailbox
    broken, fine = await new_owner(desk, "x@example.org"), await new_owner(desk)
    async with desk.transaction() as tx:
        await tx.execute("update owner set email = $2 where id = $1", broken, address)
    told = await tell(desk, plain(broken), plain(ids.new()), plain(fine))
    assert await mail_to(desk, port).once() == 3
    ends = [await get(desk, id_) for id_ in told]
    assert [one.state for one in ends] == [State.GIVEN_UP, State.GIVEN_UP, State.TAKEN]
    assert "e-mail address" in (ends[0].reason or "")
    assert ends[1].reason == "no e-mail address is known"
    assert len(box.mails) == 1


async def test_a_mailbox_that_does_not_exist_ends_the_notice_with_the_servers_words(
    desk: Database, mailbox: tuple[Mailbox, int]
) -> None:
    box, port = mailbox
    box.answer_rcpt = "550 no such mailbox"
    [id_] = await tell(desk, plain(await new_owner(desk)))
    await mail_to(desk, port).once()
    ended = await get(desk, id_)
    assert ended.state is State.GIVEN_UP
    assert ended.reason == "the mail server answered 550 no such mailbox"


async def test_what_is_not_taken_now_goes_again_later(
    desk: Database, mailbox: tuple[Mailbox, int], turnable: clock.Turnable
) -> None:
    box, port = mailbox
    box.answer_data = "451 greylisted"
    told = await tell(desk, *[plain(await new_owner(desk))] * 2)
    mail = mail_to(desk, port)
    assert await mail.once() == 2
    assert await mail.once() == 0
    box.answer_data = ""
    turnable.turn(timedelta(hours=1))
    assert await mail.once() == 2
    assert {one["Message-ID"] for one in box.mails} == {f"<{id_}@example.net>" for id_ in told}


async def test_a_server_that_is_away_uses_up_no_more_attempts(
    desk: Database, turnable: clock.Turnable, caplog: pytest.LogCaptureFixture
) -> None:
    box = Mailbox()
    async with serving(box) as port:
        pass
    mail = mail_to(desk, port)
    owner = await new_owner(desk)
    [first] = await tell(desk, plain(owner))
    assert await mail.once() == 1
    assert "mail cannot be sent: 127.0.0.1" in caplog.text
    [second] = await tell(desk, plain(owner))
    assert await mail.once() == 0
    assert (await get(desk, second)).attempts == 0
    turnable.turn(timedelta(seconds=6))
    assert await mail.once() == 1
    assert (await get(desk, first)).attempts == 1
    assert (await get(desk, second)).state is State.OPEN


async def test_what_another_may_have_claimed_by_now_is_left_alone(
    desk: Database, mailbox: tuple[Mailbox, int], turnable: clock.Turnable
) -> None:
    box, port = mailbox

    async def slow() -> None:
        turnable.turn(timedelta(hours=1))

    box.before_the_answer = slow
    owner = await new_owner(desk)
    told = await tell(desk, plain(owner), plain(owner))
    mail = mail_to(desk, port)
    assert await mail.once() == 2
    assert len(box.mails) == 1
    box.before_the_answer = None
    assert await mail.once() == 1
    assert {one["Message-ID"] for one in box.mails} == {f"<{id_}@example.net>" for id_ in told}


async def test_it_works_by_itself_and_stops_when_told(
    desk: Database, mailbox: tuple[Mailbox, int]
) -> None:
    box, port = mailbox
    stop = asyncio.Event()
    worker = asyncio.create_task(mail_to(desk, port).work(stop))
    await tell(desk, plain(await new_owner(desk)))
    async with asyncio.timeout(60):
        await box.arrived.wait()
        stop.set()
        await worker


async def test_two_that_work_at_once_send_nothing_twice(
    desk: Database, mailbox: tuple[Mailbox, int]
) -> None:
    box, port = mailbox
    owner = await new_owner(desk)
    told = await tell(desk, *(plain(owner, f"Number {n}") for n in range(25)))

    async def drain(mail: Mail) -> None:
        while await mail.once():
            pass

    await asyncio.gather(*(drain(mail_to(desk, port)) for _ in range(2)))
    arrived = sorted(one["Message-ID"] for one in box.mails)
    assert arrived == sorted(f"<{id_}@example.net>" for id_ in told)


async def test_without_a_mail_server_mails_are_files_and_the_log_says_where(
    desk: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        folder = carrier(Settings.model_validate({"data_dir": tmp_path}))
    assert str(tmp_path / "mail") in caplog.text
    assert "THINGDESK_SMTP_URL" in caplog.text
    mail = Mail(desk, folder, sender="desk@localhost", pages=PAGES)
    [id_] = await tell(desk, plain(await new_owner(desk)))
    assert await mail.once() == 1
    [file] = (tmp_path / "mail").iterdir()
    assert file.name == f"{id_}.eml"
    assert message_from_bytes(file.read_bytes(), policy=default)["To"] == "owner@example.org"
    assert (await get(desk, id_)).state is State.TAKEN


async def test_mails_in_a_folder_are_for_the_desk_alone(desk: Database, tmp_path: Path) -> None:
    """Whoever reads one of them could answer for the owner."""
    folder = tmp_path / "mail"
    folder.mkdir()
    (folder / "old.eml").write_text("https://desk.example/decision/token")
    folder.chmod(0o755)
    (folder / "old.eml").chmod(0o644)
    mail = Mail(
        desk,
        carrier(Settings(data_dir=tmp_path)),
        sender="desk@localhost",
        pages=PAGES,
    )
    assert {
        path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())
    } == {
        "mail": 0o700,
        "old.eml": 0o600,
    }
    [id_] = await tell(desk, plain(await new_owner(desk)))
    await mail.once()
    assert stat.S_IMODE((folder / f"{id_}.eml").stat().st_mode) == 0o600


@pytest.mark.parametrize("server", [False, True])
async def test_the_mails_of_who_is_erased_leave_the_folder(
    desk: Database, tmp_path: Path, turnable: clock.Turnable, server: bool
) -> None:
    """Also when a mail server was set since they were written, and by each desk that has some."""
    case, owner, other = ids.new(), await new_owner(desk), await new_owner(desk, "b@example.org")
    folder = Mail(desk, Folder(tmp_path / "mail"), sender="desk@localhost", pages=PAGES)
    about = Notice(Recipient.owner(other), "case.told", "A car at Moon Road.", case)
    told = await tell(desk, plain(owner), about, plain(other))
    while await folder.once():
        pass
    assert {one.stem for one in (tmp_path / "mail").iterdir()} == {str(one) for one in told}
    settings = Settings(data_dir=tmp_path, smtp_url="smtp://127.0.0.1:1" if server else None)
    mail = Mail(desk, carrier(settings), sender="desk@localhost", pages=PAGES)
    await mail.once()
    async with desk.transaction() as tx:
        await notices.erase(tx, Recipient.owner(owner), [case])
        turnable.turn(timedelta(minutes=1))  # it commits late, and others have looked meanwhile
        await mail.once()
    await mail.once()
    assert {one.stem for one in (tmp_path / "mail").iterdir()} == {str(told[2])}
    (tmp_path / "mail" / f"{told[0]}.eml").write_text("restored from a backup")
    turnable.turn(DAY)
    await Mail(desk, carrier(settings), sender="desk@localhost", pages=PAGES).once()
    assert {one.stem for one in (tmp_path / "mail").iterdir()} == {str(told[2])}


async def test_a_folder_that_cannot_be_written_loses_nothing(
    desk: Database, tmp_path: Path
) -> None:
    (tmp_path / "mail").write_text("in the way")
    mail = Mail(desk, Folder(tmp_path / "mail"), sender="desk@localhost", pages=PAGES)
    [id_] = await tell(desk, plain(await new_owner(desk)))
    assert await mail.once() == 1
    assert (await get(desk, id_)).state is State.OPEN


def test_the_settings_choose_the_server() -> None:
    assert isinstance(carrier(Settings.model_validate({"smtp_url": "smtp://localhost:25"})), Smtp)
    with pytest.raises(ValueError, match="smtp://"):
        carrier(Settings.model_validate({"smtp_url": "imap://localhost"}))


async def test_a_sender_that_is_no_address_is_an_error_at_the_start(desk: Database) -> None:
    with pytest.raises(ValueError, match="is no e-mail address"):
        Mail(desk, Folder(Path()), sender="desk", pages=PAGES)
