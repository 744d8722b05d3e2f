"""From claimed notices to mails that can go."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from uuid import UUID

from thingdesk import notices, parties
from thingdesk.channels.mail.compose import Foot, compose
from thingdesk.notices import Notice, Outgoing, Page, Recipient, To
from thingdesk.platform.database import Transaction


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail that is ready. `again_at`: from then on another may send it."""

    notice: UUID
    address: str
    message: EmailMessage
    again_at: datetime


@dataclass(frozen=True, slots=True)
class Desk:
    """What a mail says of the desk: its own address, how owners reach its pages, and a person."""

    sender: str
    pages: str
    contact: str = ""


async def write_letters(tx: Transaction, claimed: Sequence[Outgoing], desk: Desk) -> list[Letter]:
    """The mails of these notices. What has no address to go to is given up."""
    if not claimed:
        return []
    addresses = await _addresses(tx, {one.notice.to for one in claimed})
    key = await parties.desk_key(tx)
    letters = []
    for one in claimed:
        address = addresses.get(one.notice.to)
        if address is None:
            await notices.give_up(tx, one.id, "no e-mail address is known")
            continue
        try:
            link = _link(one.notice.page, desk, key) or _console(one.notice, desk)
            message = compose(one, address, desk.sender, link, _foot(one, desk, key))
        except ValueError as error:
            await notices.give_up(tx, one.id, str(error))
            continue
        letters.append(Letter(one.id, address, message, one.again_at))
    return letters


def _link(page: Page | None, desk: Desk, key: parties.DeskKey) -> str | None:
    if page is None:
        return None
    token = parties.sign_link(key, page.purpose, page.subject, page.until)
    return f"{desk.pages.rstrip('/')}/{page.purpose}/{token}"


def _console(notice: Notice, desk: Desk) -> str | None:
    """Staff log in, so that the page of a case needs no signature."""
    if notice.to.kind is not To.STAFF or notice.case_id is None:
        return None
    return f"{desk.pages.rstrip('/')}/cases/{notice.case_id}"


def _foot(outgoing: Outgoing, desk: Desk, key: parties.DeskKey) -> Foot | None:
    """An owner's mail leads to their own page; all attempts of it by the same link."""
    notice = outgoing.notice
    if notice.to.kind is not To.OWNER:
        return None
    if notice.page and notice.page.purpose == parties.OWNER_PAGE:
        return Foot(None, desk.contact)
    until = max(outgoing.told_at + parties.OWNER_LINK_LASTS, outgoing.until)
    own = _link(Page(parties.OWNER_PAGE, UUID(notice.to.id), until), desk, key)
    return Foot(own, desk.contact)


async def _addresses(tx: Transaction, to: set[Recipient]) -> dict[Recipient, str]:
    owners = await parties.get_owners(tx, _ids(to, To.OWNER))
    providers = await parties.get_providers(tx, _ids(to, To.PROVIDER))
    found = {Recipient.owner(one.id): one.email for one in owners.values()}
    found |= {Recipient.provider(one.id): one.email for one in providers.values()}
    for staff_id in _ids(to, To.STAFF):
        if staff := await parties.get_staff(tx, staff_id):
            found[Recipient.staff(staff_id)] = staff.email
    return {recipient: email for recipient, email in found.items() if email}


def _ids(to: Iterable[Recipient], kind: To) -> list[UUID]:
    return sorted(UUID(one.id) for one in to if one.kind is kind)
