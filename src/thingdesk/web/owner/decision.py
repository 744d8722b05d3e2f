from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from thingdesk import cases, decisions, parties
from thingdesk.decisions import Decision
from thingdesk.notices import Recipient
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, Refusal, Refused, refuse
from thingdesk.web.owner.ownerships import Ownerships, Token, link, ownerships_of
from thingdesk.web.owner.view import view
from thingdesk.web.pages import Open, Pages
from thingdesk.web.render import page

PURPOSE = "decision"
router = APIRouter(prefix="/decision")
_GONE = (
    "The machine that you were asked about has another owner now, or is yours anew since then."
    " What was open about it was withdrawn, and nothing of it can be seen any more."
)
MISSING = Refusal("option_missing", "Choose one of the answers first.", Recovery.FIX_INPUT)


@router.get("/{token}")
async def get_decision(pages: Open, token: Token) -> HTMLResponse:
    """The question, or what became of it. Looking at it answers nothing."""
    async with pages.database.transaction() as tx:
        return await show(pages, tx, *await _decision(pages, tx, token))


@router.post("/{token}")
async def post_decision(
    pages: Open, token: Token, option: Annotated[str, Form(max_length=128)] = ""
) -> Response:
    """The owner's answer. What was settled before stays, and the page says how."""
    async with pages.database.transaction() as tx:
        owned, decision = await _decision(pages, tx, token)
        if not option:
            return await show(pages, tx, owned, decision, MISSING, 422)
        by = Recipient.owner(owned.owner.id)
        try:
            await decisions.answer(tx, decision.question.id, option, by)
        except Refused as refused:
            unfit = refused.refusal.recovery is Recovery.FIX_INPUT
            owned, decision = await _decision(pages, tx, token)
            return await show(pages, tx, owned, decision, refused.refusal, 422 if unfit else 409)
    return RedirectResponse(f"/decision/{token}", 303)


async def _decision(pages: Pages, tx: Transaction, token: str) -> tuple[Ownerships, Decision]:
    """The question, and who may answer it by this link."""
    link = await parties.read_link(tx, pages.key, PURPOSE, token)
    return await asked_of(tx, link.subject, link.owner, token, link.until)


async def asked_of(
    tx: Transaction, decision_id: UUID, owner_id: UUID | None, token: str, until: datetime
) -> tuple[Ownerships, Decision]:
    """The question, which this owner may answer. Raises Refused for any other."""
    found = await decisions.get(tx, decision_id)
    if found is None:
        raise decisions.unknown()
    if owner_id is None or owner_id != found.question.owner_id:
        raise decisions.not_yours()
    owned = await ownerships_of(tx, owner_id, token, until)
    case = await cases.get(tx, found.question.case_id)
    if case is not None and not owned.sees(case):
        raise refuse("decision_gone", _GONE, Recovery.CONTACT_US)
    return owned, found


async def show(
    pages: Pages,
    tx: Transaction,
    owned: Ownerships,
    decision: Decision,
    refusal: Refusal | None = None,
    status: int = 200,
    *,
    entered: bool = False,
) -> HTMLResponse:
    """The page of the question; `entered`: the owner has logged in, and has come by no link."""
    own = link(pages, owned, parties.OWNER_PAGE, owned.owner.id)
    shown = await view(tx, decision)
    return page(
        "owner/decision.html", status, view=shown, refusal=refusal, own=own, entered=entered
    )
