"""The door to what an owner may see: what is of their present ownerships, and the cases of theirs
that have ended; nothing of when a machine was another's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Path

from thingdesk import cases, parties
from thingdesk.cases import Case
from thingdesk.parties import OWNER_PAGE, Owner
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, refuse
from thingdesk.web.pages import Pages

VISIT = timedelta(days=1)
"""How long a link lasts that one page of an owner's gives to the next."""

Token = Annotated[str, Path(max_length=1024)]


@dataclass(frozen=True, slots=True)
class Ownerships:
    """An owner, and since when each of their machines has been theirs; `until` when the link ends
    by which they came.
    """

    owner: Owner
    since: Mapping[str, datetime]
    token: str
    until: datetime

    @property
    def path(self) -> str:
        return f"/{OWNER_PAGE}/{self.token}"

    def sees(self, case: Case) -> bool:
        """Whether the case is of this owner, and of the present ownership of its subject."""
        begins = self.since.get(case.subject)
        return case.owner_id == self.owner.id and begins is not None and begins <= case.opened_at


async def enter(pages: Pages, tx: Transaction, token: str) -> Ownerships:
    """Whose link it is. Raises Refused: it is not ours, too old, ended, or its owner was erased."""
    link = await parties.read_link(tx, pages.key, OWNER_PAGE, token)
    return await ownerships_of(tx, link.subject, token, link.until)


async def ownerships_of(tx: Transaction, owner_id: UUID, token: str, until: datetime) -> Ownerships:
    """What is this owner's now. Raises Refused: they were erased."""
    owner = await parties.get_owner(tx, owner_id)
    if owner is None or owner.email is None:
        raise refuse("owner_gone", "What this desk knew of you was erased.", Recovery.CONTACT_US)
    owned = await parties.owned_by(tx, owner.id, clock.now())
    return Ownerships(owner, {one.machine: one.begins for one in owned}, token, until)


async def case_of(tx: Transaction, owned: Ownerships, case_id: UUID) -> Case:
    """A case that the owner may see. Raises Refused for any other as if there were none."""
    case = await cases.get(tx, case_id)
    if case is None or not owned.sees(case):
        raise refuse("case_gone", "This is no case of your machines.", Recovery.CONTACT_US)
    return case


def link(pages: Pages, owned: Ownerships, purpose: str, subject: UUID) -> str:
    """The address of the next page. A visit ends with the link that it began with, at last after
    `VISIT`: a page that gave longer ones would renew itself for ever.
    """
    until = min(clock.now() + VISIT, owned.until)
    token = parties.sign_link(pages.key, purpose, subject, until, owner=owned.owner.id)
    return f"/{purpose}/{token}"
