"""An owner lets a machine, an assistant or an app act for them: by the code that it shows, or by
their browser, which it has sent here.
"""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from thingdesk import access, mandates, notices, parties
from thingdesk.access import Asking, Confirmed, Pending
from thingdesk.mandates import Mandate, Terms
from thingdesk.notices import Notice, Recipient
from thingdesk.platform import clock, formats, ids
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, Refused, refuse
from thingdesk.web.csp import CSP, policy_for
from thingdesk.web.owner.consent import (
    ConsentForm,
    first_form,
    frame_of,
    is_unlimited,
    permitted,
)
from thingdesk.web.owner.enter import own_page
from thingdesk.web.owner.mandate_form import Frame
from thingdesk.web.owner.ownerships import ownerships_of
from thingdesk.web.owner.plain import Facts, effect_words, effects_of, facts, plain
from thingdesk.web.owner.session import EnterFirst, Here, Perhaps, Present
from thingdesk.web.pages import Open, Pages
from thingdesk.web.render import page

router = APIRouter()
_UNKNOWN = (
    "No machine waits under this code. Look whether you typed it as it is shown; it is good for a"
    " few minutes."
)
_GONE = "This was answered already, or its time is over. Let it be asked again."


@router.get("/pair")
async def get_pair(user_code: Annotated[str, Query(max_length=64)] = "") -> HTMLResponse:
    """Where the code of a machine is typed. Looking at it allows nothing."""
    return page("owner/pair.html", user_code=user_code, wrong=None)


@router.post("/pair")
async def post_pair(pages: Open, here: Perhaps, given: Annotated[ConsentForm, Form()]) -> Response:
    """Who waits under the code and what it may do then; and the owner's word on it."""
    code = access.code_shown(given.user_code)
    if here is None:
        # the code is not to be typed again after the log-in
        raise EnterFirst(f"/pair?{urlencode({'user_code': code})}" if code else "/pair")
    given = given.model_copy(update={"user_code": code or given.user_code})
    async with pages.database.transaction() as tx:
        try:
            found = await access.pending(tx, given.user_code, str(here.owner.id))
        except Refused as refused:
            # what was tried stays counted: the transaction commits
            return _pair(given.user_code, refused.refusal.reason, 429)
        if found is not None:
            try:
                await access.becomes_theirs(tx, found.client, here.owner.id)
            except Refused as refused:
                return _pair(given.user_code, refused.refusal.reason, 403)
    if found is None:
        return _pair(given.user_code, _UNKNOWN, 422)
    return await _answered(pages, here, found, given)


@router.get("/allow/{request_id}")
async def get_allow(pages: Open, here: Here, request_id: UUID) -> HTMLResponse:
    """Who asks, and what it may do then. Looking at it allows nothing."""
    found = await _waiting(pages, request_id)
    return await _consent(pages, here, found, None, {})


@router.post("/allow/{request_id}")
async def post_allow(
    pages: Open, here: Here, request_id: UUID, given: Annotated[ConsentForm, Form()]
) -> Response:
    """The owner's word; then their browser goes back to where it came from."""
    return await _answered(pages, here, await _waiting(pages, request_id), given)


async def _waiting(pages: Pages, request_id: UUID) -> Pending:
    async with pages.database.transaction() as tx:
        found = await access.authorization(tx, request_id)
    if found is None:
        raise refuse("request_gone", _GONE, Recovery.CONTACT_US)
    return found


async def _answered(pages: Pages, here: Present, found: Pending, given: ConsentForm) -> Response:
    if given.said in ("", "change"):
        chosen = given if given.said else None
        return await _consent(pages, here, found, chosen, {}, given.user_code)
    if given.said == "no":
        async with pages.database.transaction() as tx:
            denied = await access.deny(tx, found.id, here.owner.id)
        return _back(pages, here, denied, "not-allowed")
    async with pages.database.transaction() as tx:
        frame = await _frame(pages, tx, here, found)
        terms, wrong = permitted(given, frame, clock.now())
        if terms is not None and given.said == "yes" and not _is_read(frame, terms):
            return await _look(tx, found, frame, given, terms)
        if terms is not None:
            confirmed = await access.confirm(tx, pages.flow, found.id, here.owner.id, terms)
            _tell(tx, frame, found, terms)
    if terms is None:
        return await _consent(pages, here, found, given, wrong, given.user_code)
    return _back(pages, here, confirmed, "allowed")


def _is_read(frame: Frame, terms: Terms) -> bool:
    """Whether the words of all that is asked for are the words of this, too."""
    return frame.within is not None and _said(frame, terms) == _said(frame, frame.within)


def _said(frame: Frame, terms: Terms) -> Facts:
    words = plain(terms, frame.catalog, frame.theirs)
    return facts(words, frame.owned.owner.zone, clock.now())


async def _look(
    tx: Transaction, found: Pending, frame: Frame, given: ConsentForm, terms: Terms
) -> HTMLResponse:
    """What the owner chose, in words, before their yes."""
    made = page(
        "owner/allow_look.html",
        pending=found,
        paired=found.kind is Asking.PAIR,
        given=given,
        facts=_said(frame, terms),
        beside=await _beside(tx, found, frame),
        zone=frame.owned.owner.zone,
    )
    return _returning(made, found)


async def _beside(tx: Transaction, found: Pending, frame: Frame) -> list[Facts]:
    """What it may do already, beside which comes what is permitted now."""
    owner_id = frame.owned.owner.id
    known = await mandates.given_to(tx, owner_id, access.machine_of(found.client, owner_id))
    return [_said(frame, one.terms) for one in known]


def _returning(made: HTMLResponse, found: Pending) -> HTMLResponse:
    """A page whose form may send the browser back to the app."""
    if found.redirect:
        made.headers[CSP] = policy_for(found.redirect)
    return made


def _tell(tx: Transaction, frame: Frame, found: Pending, terms: Terms) -> None:
    """By mail: that is how an owner hears of what somebody else did in their name."""
    words = [
        f"{formats.named(found.client.name)} may act for you.",
        "",
        "It may ask for this in your name:",
        *(f"{name}: {formats.listed(one)}" for name, one in _said(frame, terms)),
        "",
        "If that was not you, open your page and say stop.",
    ]
    to = Recipient.owner(frame.owned.owner.id)
    notices.tell(tx, Notice(to, "mandate.granted", "\n".join(words)))


def _back(pages: Pages, here: Present, confirmed: Confirmed, said: str) -> Response:
    there = confirmed.redirect or f"{own_page(pages, here.owner.id)}?said={said}"
    return RedirectResponse(there, 303)


async def _consent(
    pages: Pages,
    here: Present,
    found: Pending,
    given: ConsentForm | None,
    wrong: Mapping[str, str],
    user_code: str = "",
) -> HTMLResponse:
    now = clock.now()
    async with pages.database.transaction() as tx:
        frame = await _frame(pages, tx, here, found)
        machine = found.client.machine
        known = await parties.get_machine(tx, machine) if machine else None
        new = await access.becomes_theirs(tx, found.client, here.owner.id)
        beside = await _beside(tx, found, frame)
    made = page(
        "owner/allow.html",
        422 if wrong else 200,
        pending=found,
        paired=found.kind is Asking.PAIR,
        unlimited=is_unlimited(found.asks),
        machine=known,
        new=new,
        beside=beside,
        frame=frame,
        given=given or first_form(frame, now, user_code),
        wrong=wrong,
        facts=_said(frame, found.asks),
        effects=[(one, effect_words(one)) for one in effects_of(frame.catalog)],
        zone=here.owner.zone,
    )
    return _returning(made, found)


async def _frame(pages: Pages, tx: Transaction, here: Present, found: Pending) -> Frame:
    owned = await ownerships_of(tx, here.owner.id, "", here.until)
    kinds = await parties.kinds_of(tx, list(owned.since))
    machine = found.client.machine
    asked = Mandate(ids.new(), here.owner.id, 1, found.asks, clock.now(), to=machine)
    return frame_of(owned, pages.flow.catalog, asked, frozenset(kinds.values()), pages.currency)


def _pair(user_code: str, wrong: str, status: int) -> HTMLResponse:
    return page("owner/pair.html", status, user_code=user_code, wrong=wrong)
