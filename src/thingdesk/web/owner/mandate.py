"""Giving a mandate, or another one: a form, a look at what it comes to, and the yes."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from thingdesk import mandates, notices, parties
from thingdesk.catalog import Service
from thingdesk.mandates import Mandate, Terms
from thingdesk.notices import Notice, Recipient
from thingdesk.platform import clock, formats
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Refused
from thingdesk.web.owner.mandate_form import Frame, MandateForm, form_of, make_frame, read
from thingdesk.web.owner.ownerships import Ownerships, Token, enter
from thingdesk.web.owner.plain import Plain, effect_words, effects_of, facts, plain
from thingdesk.web.pages import Open, Pages
from thingdesk.web.render import page

router = APIRouter(prefix="/owner/{token}/mandate")
_CHANGED = (
    "Your mandate was changed or stopped meanwhile, here or on another page. Nothing was granted."
    " Look at how it stands, and at what you chose here, before you give it."
)
_NOW = "This may be done in your name without asking you:"
_NOT_YOU = "If that was not you, open your page and say stop."


@router.get("")
async def get_mandate(pages: Open, token: Token) -> HTMLResponse:
    """The form. Looking at it grants nothing."""
    async with pages.database.transaction() as tx:
        frame = await _frame(pages, tx, token)
    return _form(frame, form_of(frame, clock.now()))


@router.post("")
async def post_mandate(
    pages: Open, token: Token, given: Annotated[MandateForm, Form()]
) -> Response:
    """First a look at what was chosen, then the mandate."""
    async with pages.database.transaction() as tx:
        frame = await _frame(pages, tx, token)
        terms, wrong = read(given, frame, clock.now())
        if terms is None:
            return _form(frame, given, wrong, status=422)
        if given.act == "change":
            return _form(frame, given)
        if given.seen != _stands(frame) and not _is_given(frame, terms):
            return _form(frame, given.model_copy(update={"seen": _stands(frame)}), changed=True)
        if given.act == "look":
            words = plain(terms, frame.catalog, frame.owned.since)
            said = facts(words, frame.owned.owner.zone, clock.now())
            return page("owner/mandate_look.html", owned=frame.owned, given=given, facts=said)
    return await _grant(pages, token, given, terms)


async def _grant(pages: Pages, token: str, given: MandateForm, terms: Terms) -> Response:
    try:
        async with pages.database.transaction() as tx:
            owned = await enter(pages, tx, token)
            granted = await mandates.grant(tx, owned.owner.id, terms, seen=given.seen)
            told = _told(granted, plain(terms, pages.flow.catalog, owned.since), owned.owner.zone)
            notices.tell(tx, Notice(Recipient.owner(owned.owner.id), "mandate.granted", told))
    except Refused as refused:
        if refused.refusal.code != "mandate_changed":
            raise
        async with pages.database.transaction() as tx:
            frame = await _frame(pages, tx, token)
        if not _is_given(frame, terms):
            return _form(frame, given.model_copy(update={"seen": _stands(frame)}), changed=True)
        owned = frame.owned
    return RedirectResponse(f"{owned.path}?said=granted", 303)


def _told(granted: Mandate, words: Plain, zone: str) -> str:
    """What it permits stands in the mail, as that is how an owner hears of what somebody else did
    on their page.
    """
    how = "was given" if granted.version == 1 else "was changed"
    head = f"Your mandate {how} (version {granted.version})."
    said = facts(words, zone, clock.now())
    lines = [f"{name}: {formats.listed(one)}" for name, one in said]
    return "\n".join([head, "", _NOW, *lines, "", _NOT_YOU])


def _stands(frame: Frame) -> str:
    return frame.before.standing if frame.before else ""


def _is_given(frame: Frame, terms: Terms) -> bool:
    """Whether this very mandate holds already: the button was pressed twice."""
    return bool(frame.before and not frame.before.revoked_at and frame.before.terms == terms)


async def _frame(pages: Pages, tx: Transaction, token: str) -> Frame:
    owned: Ownerships = await enter(pages, tx, token)
    before = await mandates.mandate_of(tx, owned.owner.id)
    kinds = await parties.kinds_of(tx, list(owned.since))
    return make_frame(owned, pages.flow.catalog, frozenset(kinds.values()), before, pages.currency)


def _form(
    frame: Frame,
    given: MandateForm,
    wrong: Mapping[str, str] | None = None,
    *,
    changed: bool = False,
    status: int = 200,
) -> HTMLResponse:
    before = frame.before
    words = plain(before.terms, frame.catalog, frame.owned.since) if before else None
    return page(
        "owner/mandate.html",
        409 if changed else status,
        owned=frame.owned,
        frame=frame,
        given=given,
        wrong=wrong or {},
        changed=_CHANGED if changed else None,
        before=facts(words, frame.owned.owner.zone, clock.now()) if words else (),
        services=[
            {"name": one.name, "title": one.title, "words": _effects(one)} for one in frame.services
        ],
        effects=[(one, effect_words(one)) for one in effects_of(frame.catalog)],
        kept=_kept(frame, words),
    )


def _kept(frame: Frame, words: Plain | None) -> list[str]:
    """What stays as it was granted, because the form does not ask for it."""
    kept = [f"asks before {effect_words(one)}" for one in frame.kept_always]
    if words and words.remedies is not None:
        kept.append(f"only by {formats.listed(words.remedies)}")
    return kept


def _effects(service: Service) -> str:
    return formats.listed(effect_words(one) for one in sorted(service.effects))
