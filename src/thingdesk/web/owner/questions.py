"""How often an owner may be asked."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from thingdesk import decisions
from thingdesk.platform.database import Transaction
from thingdesk.web.owner.ownerships import Ownerships, Token, enter
from thingdesk.web.pages import Open
from thingdesk.web.render import page

router = APIRouter(prefix="/owner/{token}/questions")
MOST_QUESTIONS = 50
"""How many questions a week can be chosen, and set."""
_WRONG = f"Write a whole number from 0 to {MOST_QUESTIONS}."


@router.get("")
async def get_questions(pages: Open, token: Token) -> HTMLResponse:
    """The form. Looking at it changes nothing."""
    async with pages.database.transaction() as tx:
        owned = await enter(pages, tx, token)
        return await _page(tx, owned)


@router.post("")
async def post_questions(
    pages: Open,
    token: Token,
    questions: Annotated[str, Form(max_length=8)] = "",
    usual: Annotated[str, Form(max_length=8)] = "",
) -> Response:
    """The owner's own number, or again what the organisation set."""
    async with pages.database.transaction() as tx:
        owned = await enter(pages, tx, token)
        chosen = None if usual else _read(questions)
        if chosen is None and not usual:
            return await _page(tx, owned, questions, 422)
        await decisions.choose_attention(tx, owned.owner.id, chosen)
    return RedirectResponse(f"{owned.path}?said=questions", 303)


def _read(text: str) -> int | None:
    text = text.strip()
    if not (text.isascii() and text.isdecimal()):
        return None
    return int(text) if int(text) <= MOST_QUESTIONS else None


async def _page(
    tx: Transaction, owned: Ownerships, wrong: str | None = None, status: int = 200
) -> HTMLResponse:
    number = (await decisions.attention_of(tx, [owned.owner.id]))[owned.owner.id]
    return page(
        "owner/questions.html",
        status,
        owned=owned,
        given=number if wrong is None else wrong,
        usual=await decisions.attention(tx),
        most=MOST_QUESTIONS,
        wrong=None if wrong is None else _WRONG,
    )
