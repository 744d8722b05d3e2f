from typing import Annotated

from fastapi import APIRouter, Form, Path
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from thingdesk import cases, decisions, parties
from thingdesk.decisions import Decision
from thingdesk.notices import Recipient
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, Refusal, Refused, refuse
from thingdesk.web.owner.house import house_of, link
from thingdesk.web.owner.view import view
from thingdesk.web.pages import Open, Pages
from thingdesk.web.render import page

PURPOSE = "decision"
router = APIRouter(prefix="/decision")
Token = Annotated[str, Path(max_length=1024)]
_GONE = (
    "The machine that you were asked about has another owner now, or is yours anew since then."
    " What was open about it was withdrawn, and nothing of it can be seen any more."
)
_MISSING = Refusal("option_missing", "Choose one of the answers first.", Recovery.FIX_INPUT)


@router.get("/{token}")
async def get_decision(pages: Open, token: Token) -> HTMLResponse:
    """The question, or what became of it. Looking at it answers nothing."""
    async with pages.database.transaction() as tx:
        return await _page(pages, tx, await _decision(pages, tx, token))


@router.post("/{token}")
async def post_decision(
    pages: Open, token: Token, option: Annotated[str, Form(max_length=128)] = ""
) -> Response:
    """The owner's answer. What was settled before stays, and the page says how."""
    async with pages.database.transaction() as tx:
        decision = await _decision(pages, tx, token)
        if not option:
            return await _page(pages, tx, decision, _MISSING, 422)
        try:
            await decisions.answer(tx, decision.question.id, option, _owner(decision))
        except Refused as refused:
            unfit = refused.refusal.recovery is Recovery.FIX_INPUT
            decision = await _decision(pages, tx, token)
            return await _page(pages, tx, decision, refused.refusal, 422 if unfit else 409)
    return RedirectResponse(f"/decision/{token}", 303)


async def _decision(pages: Pages, tx: Transaction, token: str) -> Decision:
    found = await decisions.get(tx, parties.read_link(pages.key, PURPOSE, token))
    if found is None:
        raise refuse("decision_unknown", "There is no such question.", Recovery.CONTACT_US)
    owner_id = found.question.owner_id
    if owner_id is None:
        raise refuse("decision_not_yours", "This question is for staff.", Recovery.CONTACT_US)
    case = await cases.get(tx, found.question.case_id)
    if case is not None and not (await house_of(tx, owner_id, token)).sees(case):
        raise refuse("decision_gone", _GONE, Recovery.CONTACT_US)
    return found


def _owner(decision: Decision) -> Recipient:
    question = decision.question
    return Recipient(question.to, str(question.owner_id))


async def _page(
    pages: Pages,
    tx: Transaction,
    decision: Decision,
    refusal: Refusal | None = None,
    status: int = 200,
) -> HTMLResponse:
    shown, owner = await view(tx, decision), decision.question.owner_id
    own = link(pages, parties.OWNER_PAGE, owner) if owner else None
    return page("owner/decision.html", status, view=shown, refusal=refusal, own=own)
