"""From claimed notices to mails that can go."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.message import EmailMessage
from uuid import UUID

from thingdesk import notices, parties
from thingdesk.channels.mail.compose import Foot, compose
from thingdesk.notices import Notice, Outgoing, Page, Recipient, To
from thingdesk.parties import Owner
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
    owners = await parties.get_owners(tx, _ids({one.notice.to for one in claimed}, To.OWNER))
    addresses = await _addresses(tx, {one.notice.to for one in claimed}, owners)
    key = await parties.desk_key(tx)
    letters = []
    for one in claimed:
        address = addresses.get(one.notice.to)
        if address is None:
            await notices.give_up(tx, one.id, "no e-mail address is known")
            continue
        try:
            sign = _Signing(one, desk, key, owners)
            link = sign.link(one.notice.page) or _console(one.notice, desk)
            foot = _foot(one, desk, sign)
            message = compose(_with_code(one, key), address, desk.sender, link, foot)
        except ValueError as error:
            await notices.give_up(tx, one.id, str(error))
            continue
        letters.append(Letter(one.id, address, message, one.again_at))
    return letters


@dataclass(frozen=True, slots=True)
class _Signing:
    """The links in a mail: the same in all its attempts, until its owner's links are ended; those
    after that work again.
    """

    outgoing: Outgoing
    desk: Desk
    key: parties.DeskKey
    owners: Mapping[UUID, Owner]

    def link(self, page: Page | None) -> str | None:
        if page is None or page.purpose == parties.OWNER_CODE:
            return None
        to = self.outgoing.notice.to
        owner = self.owners[UUID(to.id)] if to.kind is To.OWNER else None
        at = self.outgoing.told_at
        if owner and owner.links_since:
            at = max(at, owner.links_since)
        theirs = owner.id if owner else None
        token = parties.sign_link(
            self.key, page.purpose, page.subject, page.until, owner=theirs, at=at
        )
        return f"{self.desk.pages.rstrip('/')}/{page.purpose}/{token}"


def _with_code(one: Outgoing, key: parties.DeskKey) -> Outgoing:
    """With the code by which an owner logs in, where the mail is about that."""
    page = one.notice.page
    if page is None or page.purpose != parties.OWNER_CODE:
        return one
    code = parties.owner_code(key, page.subject)
    words = f"{one.notice.words}\n\n{code[:4]} {code[4:]}"
    return replace(one, notice=replace(one.notice, words=words))


def _console(notice: Notice, desk: Desk) -> str | None:
    """Staff log in, so that the page of a case needs no signature."""
    if notice.to.kind is not To.STAFF or notice.case_id is None:
        return None
    return f"{desk.pages.rstrip('/')}/cases/{notice.case_id}"


def _foot(outgoing: Outgoing, desk: Desk, sign: _Signing) -> Foot | None:
    """An owner's mail leads to their own page; all attempts of it by the same link."""
    notice = outgoing.notice
    if notice.to.kind is not To.OWNER:
        return None
    if notice.page and notice.page.purpose in (parties.OWNER_PAGE, parties.OWNER_CODE):
        return Foot(None, desk.contact)
    until = max(outgoing.told_at + parties.OWNER_LINK_LASTS, outgoing.until)
    own = Page(parties.OWNER_PAGE, UUID(notice.to.id), until)
    return Foot(sign.link(own), desk.contact)


async def _addresses(
    tx: Transaction, to: set[Recipient], owners: Mapping[UUID, Owner]
) -> dict[Recipient, str]:
    providers = await parties.get_providers(tx, _ids(to, To.PROVIDER))
    found = {Recipient.owner(one.id): one.email for one in owners.values()}
    found |= {Recipient.provider(one.id): one.email for one in providers.values()}
    for staff_id in _ids(to, To.STAFF):
        if staff := await parties.get_staff(tx, staff_id):
            found[Recipient.staff(staff_id)] = staff.email
    return {recipient: email for recipient, email in found.items() if email}


def _ids(to: Iterable[Recipient], kind: To) -> list[UUID]:
    return sorted(UUID(one.id) for one in to if one.kind is kind)
