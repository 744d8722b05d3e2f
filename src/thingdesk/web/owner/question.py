"""A question by its own address, which has no secret in it: whoever asked for a case may pass it
on, and only the owner, logged in, can answer.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from thingdesk import decisions
from thingdesk.notices import Recipient
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, Refused
from thingdesk.web.owner.decision import MISSING, asked_of, show
from thingdesk.web.owner.ownerships import Ownerships
from thingdesk.web.owner.session import Here, Present
from thingdesk.web.pages import Open

router = APIRouter(prefix="/question")


@router.get("/{decision_id}")
async def get_question(pages: Open, here: Here, decision_id: UUID) -> HTMLResponse:
    """The question, or what became of it. Looking at it answers nothing."""
    async with pages.database.transaction() as tx:
        return await show(pages, tx, *await _asked(tx, here, decision_id), entered=True)


@router.post("/{decision_id}")
async def post_question(
    pages: Open, here: Here, decision_id: UUID, option: Annotated[str, Form(max_length=128)] = ""
) -> Response:
    """The owner's answer. What was settled before stays, and the page says how."""
    async with pages.database.transaction() as tx:
        asked = await _asked(tx, here, decision_id)
        if not option:
            return await show(pages, tx, *asked, MISSING, 422, entered=True)
        try:
            await decisions.answer(tx, decision_id, option, Recipient.owner(here.owner.id))
        except Refused as refused:
            unfit = refused.refusal.recovery is Recovery.FIX_INPUT
            asked = await _asked(tx, here, decision_id)
            status = 422 if unfit else 409
            return await show(pages, tx, *asked, refused.refusal, status, entered=True)
    return RedirectResponse(f"/question/{decision_id}", 303)


async def _asked(
    tx: Transaction, here: Present, decision_id: UUID
) -> tuple[Ownerships, decisions.Decision]:
    return await asked_of(tx, decision_id, here.owner.id, "", here.until)
