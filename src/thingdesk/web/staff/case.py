"""One case: who, which machine, what failed, where, what is likely, what it waits for."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from thingdesk import cases, decisions, journeys
from thingdesk.notices import Recipient
from thingdesk.platform.errors import Recovery, Refusal, Refused, refuse
from thingdesk.web.pages import Open, Pages
from thingdesk.web.staff.file import File, collect
from thingdesk.web.staff.session import Person
from thingdesk.web.staff.show import show

router = APIRouter(prefix="/cases/{case_id}")
_NOTHING = Refusal(
    "nothing_to_retry", "Its journey has not failed: there is nothing to try again.",
    Recovery.CONTACT_US,
)  # fmt: skip
_ENDED = Refusal(
    "case_ended", "The case has ended: there is nothing to withdraw.", Recovery.CONTACT_US
)


@router.get("")
async def get_case(
    pages: Open,
    person: Person,
    case_id: UUID,
    said: str = "",
    before: Annotated[int | None, Query(ge=1, lt=2**31)] = None,
) -> HTMLResponse:
    return await _page(pages, person, case_id, said=said, before=before)


@router.post("/withdraw")
async def post_withdraw(
    pages: Open,
    person: Person,
    case_id: UUID,
    reason: Annotated[str, Form(max_length=300)] = "",
) -> Response:
    """End the case and its journeys, and take back what they did."""
    words = " ".join(reason.replace("\0", "").split()) or "no reason was given"
    async with pages.database.transaction() as tx:
        if await cases.get(tx, case_id) is None:
            raise _unknown()
        said = f"Withdrawn by {person.name}: {words}."
        ended = await journeys.withdraw(tx, case_id, said, "our staff have withdrawn it")
    if not ended:
        return await _page(pages, person, case_id, refusal=_ENDED)
    return RedirectResponse(f"/cases/{case_id}?said=withdrawn", 303)


@router.post("/retry")
async def post_retry(pages: Open, person: Person, case_id: UUID) -> Response:
    """Take up again what is stuck, or waits for its next attempt."""
    async with pages.database.transaction() as tx:
        if await cases.get(tx, case_id) is None:
            raise _unknown()
        tried = await journeys.retry(tx, [case_id], person.name)
    if not tried:
        return await _page(pages, person, case_id, refusal=_NOTHING)
    return RedirectResponse(f"/cases/{case_id}?said=retried", 303)


@router.post("/decisions/{decision_id}")
async def post_decision(
    pages: Open,
    person: Person,
    case_id: UUID,
    decision_id: UUID,
    option: Annotated[str, Form(max_length=128)] = "",
) -> Response:
    """The answer of staff to a question that was put to them."""
    try:
        async with pages.database.transaction() as tx:
            await decisions.answer(tx, decision_id, option, Recipient.staff(person.id))
    except Refused as refused:
        return await _page(pages, person, case_id, refusal=refused.refusal)
    return RedirectResponse(f"/cases/{case_id}?said=answered", 303)


async def _page(
    pages: Pages,
    person: Person,
    case_id: UUID,
    *,
    said: str = "",
    refusal: Refusal | None = None,
    before: int | None = None,
) -> HTMLResponse:
    async with pages.database.transaction() as tx:
        file: File | None = await collect(tx, case_id, pages.flow.catalog.versions, before)
    if file is None:
        raise _unknown()
    status = 409 if refusal else 200
    values = {"file": file, "said": said, "refusal": refusal, "earlier": before is not None}
    return show("case.html", person, "cases", status, **values)


def _unknown() -> Refused:
    return refuse("case_unknown", "There is no such case.", Recovery.CONTACT_US)
