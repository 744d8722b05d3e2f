"""Every mail to an owner leads to their page."""

import re
from datetime import timedelta
from email.message import EmailMessage

import pytest
from tests.channels.mail.sending import mail_to, new_owner, plain, tell
from tests.channels.mail.servers import Mailbox, text_of
from tests.links import subject_of

from thingdesk.notices import Notice, Page, Recipient
from thingdesk.parties import OWNER_PAGE
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refused

DAY = timedelta(days=1)


def text(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part
    return text_of(part)


async def test_every_mail_to_an_owner_leads_to_their_page(
    desk: Database, mailbox: tuple[Mailbox, int], turnable: clock.Turnable
) -> None:
    box, port = mailbox
    owner = await new_owner(desk)
    question = Page("decision", ids.new(), clock.now() + 90 * DAY)
    asked = Notice(
        Recipient.owner(owner), "decision.asked", "Which day?", page=question, until=question.until
    )
    await tell(desk, asked)
    mail = mail_to(desk, port)
    assert await mail.once() == 1
    turnable.turn(2 * DAY)
    assert await mail.once() == 1
    assert box.raw[0] == box.raw[1], "a reminder is the same to the byte"
    tokens = re.findall(r"https://desk.example/owner/(\S+)", text(box.mails[0]))
    assert [await subject_of(desk, OWNER_PAGE, one) for one in tokens] == [owner]
    turnable.turn(50 * DAY)
    assert await subject_of(desk, OWNER_PAGE, tokens[0]) == owner, "as long as it is sent"
    turnable.turn(10 * DAY)
    with pytest.raises(Refused, match="link_expired"):
        await subject_of(desk, OWNER_PAGE, tokens[0])


async def test_the_link_in_plain_information_is_good_for_30_days(
    desk: Database, mailbox: tuple[Mailbox, int], turnable: clock.Turnable
) -> None:
    box, port = mailbox
    owner = await new_owner(desk)
    own = Page(OWNER_PAGE, owner, clock.now() + DAY)
    await tell(desk, plain(owner), Notice(Recipient.owner(owner), "owner.link", "Here.", page=own))
    await mail_to(desk, port).once()
    found = [re.findall(r"https://desk.example/owner/(\S+)", text(one)) for one in box.mails]
    assert [len(one) for one in found] == [1, 1], "what leads there does so once"
    token = next(found[n][0] for n, one in enumerate(box.mails) if "What was done" in text(one))
    turnable.turn(30 * DAY - timedelta(minutes=1))
    assert await subject_of(desk, OWNER_PAGE, token) == owner
    turnable.turn(timedelta(minutes=1))
    with pytest.raises(Refused, match="link_expired"):
        await subject_of(desk, OWNER_PAGE, token)
