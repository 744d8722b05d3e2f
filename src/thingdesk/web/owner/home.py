"""The owner's own page: what was done in their name, what waits, and what they permit."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from thingdesk import cases, contact, decisions, mandates, parties
from thingdesk.cases import OwnedCases
from thingdesk.contact import Hold
from thingdesk.decisions import Decision
from thingdesk.mandates import Mandate
from thingdesk.parties import Machine
from thingdesk.platform import clock, moments
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, refuse
from thingdesk.platform.money import Money
from thingdesk.web.contact import Contact
from thingdesk.web.contact import contact as reached
from thingdesk.web.owner.acting import left_of
from thingdesk.web.owner.holds import stands
from thingdesk.web.owner.ownerships import Ownerships, Token, enter, link
from thingdesk.web.owner.plain import Facts, Plain, Standing, facts, plain, standing
from thingdesk.web.owner.told import Told, tell
from thingdesk.web.owner.who_acts import MOST as MOST_ACTING
from thingdesk.web.owner.who_acts import Acting, acting_for
from thingdesk.web.pages import Open, Pages
from thingdesk.web.render import page

router = APIRouter(prefix="/owner")
MOST_OPEN = 20
_MOST_DONE, _MOST_MACHINES, _MOST_ASKED, _A_PAGE = 5, 12, 50, 20


@dataclass(frozen=True, slots=True)
class Asked:
    """An open question, with the address of its page, and what tells it from others."""

    decision: Decision
    subject: str
    identity: str
    link: str


@dataclass(frozen=True, slots=True)
class Home:
    """All that the page shows. `open` and `done` may hold one more than is shown."""

    owned: Ownerships
    asked: tuple[Asked, ...]
    open: tuple[Told, ...]
    done: tuple[Told, ...]
    machines: tuple[Machine, ...]
    mandate: Mandate | None
    standing: Standing
    plain: Plain | None
    spent: tuple[Money, ...]
    attention: int
    asked_this_week: int
    holds: tuple[tuple[Hold, str], ...]
    contact: Contact | None
    given: tuple[Acting, ...]
    left: tuple[str, ...]

    @property
    def zone(self) -> str:
        return self.owned.owner.zone

    @property
    def acting(self) -> tuple[Acting, ...]:
        """Those who may act now, or later."""
        return tuple(one for one in self.given if not one.is_over)

    @property
    def over(self) -> tuple[Acting, ...]:
        """Those whose time is over."""
        return tuple(one for one in self.given[:MOST_ACTING] if one.is_over)

    @property
    def facts(self) -> Facts:
        """What the mandate says."""
        return facts(self.plain, self.zone, clock.now()) if self.plain else ()


@router.get("/{token}")
async def get_home(
    pages: Open,
    token: Token,
    said: str = "",
    machine: Annotated[str, Query(max_length=200)] = "",
) -> HTMLResponse:
    """What is, and what was; of a `machine` that was stopped what is left. Looking at it changes
    nothing.
    """
    async with pages.database.transaction() as tx:
        owned = await enter(pages, tx, token)
        home = await _home(pages, tx, owned, machine.replace("\0", ""))
    most = {"open": MOST_OPEN, "done": _MOST_DONE, "asked": _MOST_ASKED, "acting": MOST_ACTING}
    return page("owner/home.html", home=home, owned=owned, most=most, said=said)


@router.get("/{token}/done")
async def get_done(
    pages: Open, token: Token, after: Annotated[str, Query(max_length=100)] = ""
) -> HTMLResponse:
    """All that has ended, the latest first, page by page."""
    async with pages.database.transaction() as tx:
        owned = await enter(pages, tx, token)
        found = await _cases(tx, owned, ended=True, most=_A_PAGE + 1, after=_place(after))
        told = [await tell(tx, one, owned.owner.zone) for one in found[:_A_PAGE]]
    further = None
    if len(found) > _A_PAGE:
        last = found[_A_PAGE - 1]
        further = f"{(last.ended_at or last.opened_at).isoformat()}_{last.id}"
    return page("owner/done.html", owned=owned, told=told, further=further, first=not after)


async def mandate_in_words(
    pages: Pages, tx: Transaction, owned: Ownerships
) -> tuple[Mandate | None, Standing, Plain | None]:
    found = await mandates.mandate_of(tx, owned.owner.id)
    words = plain(found.terms, pages.flow.catalog, owned.since) if found else None
    return found, standing(found, clock.now()), words


async def open_cases(tx: Transaction, owned: Ownerships, most: int) -> list[Told]:
    found = await _cases(tx, owned, ended=False, most=most)
    return [await tell(tx, one, owned.owner.zone) for one in found]


async def _home(pages: Pages, tx: Transaction, owned: Ownerships, stopped: str) -> Home:
    owner, now = owned.owner, clock.now()
    done = await _cases(tx, owned, ended=True, most=_MOST_DONE + 1)
    machines = await parties.get_machines(tx, list(owned.since)[:_MOST_MACHINES])
    return Home(
        owned,
        tuple(await _asked(pages, tx, owned)),
        tuple(await open_cases(tx, owned, MOST_OPEN + 1)),
        tuple([await tell(tx, one, owner.zone) for one in done]),
        tuple(machines[one] for one in owned.since if one in machines),
        *await mandate_in_words(pages, tx, owned),
        tuple(await mandates.spent_in_period(tx, owner.id, now)),
        (await decisions.attention_of(tx, [owner.id]))[owner.id],
        await decisions.asked_this_week(tx, owner),
        await _holds(pages, tx, owned),
        reached(pages.contact),
        tuple(await acting_for(pages, tx, owned)),
        await left_of(tx, owned, stopped) if stopped else (),
    )


async def _cases(
    tx: Transaction,
    owned: Ownerships,
    *,
    ended: bool,
    most: int,
    after: tuple[datetime, UUID] | None = None,
) -> list[cases.Case]:
    wanted = OwnedCases(owned.owner.id, owned.since, ended, after, most)
    return await cases.of_owner(tx, wanted)


async def _asked(pages: Pages, tx: Transaction, owned: Ownerships) -> list[Asked]:
    """The questions that can still be answered, about cases that the owner may see."""
    found = await decisions.open_for_owner(tx, owned.owner.id, _MOST_ASKED + 1)
    about = await cases.get_many(tx, [one.question.case_id for one in found])
    identities = await cases.identity_words(tx, about.values())
    now = clock.now()
    return [
        Asked(
            one, case.subject, identities[case.id], link(pages, owned, "decision", one.question.id)
        )
        for one in found
        if (case := about.get(one.question.case_id))
        and owned.sees(case)
        and one.question.deadline > now
    ]


async def _holds(pages: Pages, tx: Transaction, owned: Ownerships) -> tuple[tuple[Hold, str], ...]:
    """The people whom machines have asked for, and how that stands."""
    found = await contact.open_of_owner(tx, owned.owner.id)
    return tuple([(one, await stands(pages, tx, owned, one)) for one in found])


def _place(after: str) -> tuple[datetime, UUID] | None:
    if not after:
        return None
    at, _, last = after.partition("_")
    try:
        return moments.read(at), UUID(last)
    except ValueError as error:
        words = "This is no page of the list."
        raise refuse("unfit_request", words, Recovery.FIX_INPUT) from error
