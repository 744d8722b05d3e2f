"""Notices, and what carries them."""

from uuid import UUID

from thingdesk import notices, parties
from thingdesk.channels.mail import Mail, Server, Smtp, Tls
from thingdesk.notices import Notice, Recipient
from thingdesk.parties import NewOwner
from thingdesk.platform import ids
from thingdesk.platform.database import Database

PAGES = "https://desk.example/"


def mail_to(desk: Database, port: int) -> Mail:
    smtp = Smtp(Server("127.0.0.1", port, Tls.OFF))
    return Mail(desk, smtp, sender="desk@example.net", pages=PAGES)


async def new_owner(desk: Database, address: str = "owner@example.org") -> UUID:
    async with desk.transaction() as tx:
        return (await parties.add_owner(tx, NewOwner(address, "An Owner"))).id


async def tell(desk: Database, *told: Notice) -> list[UUID]:
    async with desk.transaction() as tx:
        return [notices.tell(tx, one) for one in told]


def plain(owner: UUID, words: str = "Your press is well again.") -> Notice:
    return Notice(Recipient.owner(owner), "case.verified", words, ids.new())
