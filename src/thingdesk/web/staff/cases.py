"""The list of cases."""

from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BeforeValidator

from thingdesk import cases
from thingdesk.cases import Case, CaseFilter, Outcome, State
from thingdesk.platform import moments
from thingdesk.web.pages import Open
from thingdesk.web.staff.session import Person
from thingdesk.web.staff.show import show

router = APIRouter()
_PAGE = 30
Words = Annotated[str, Query(max_length=200)]
# a form sends an empty text for what was not chosen
_Chosen = BeforeValidator(lambda given: given or None)


@router.get("/cases")
async def get_cases(
    pages: Open,
    person: Person,
    state: Annotated[State | None, _Chosen] = None,
    outcome: Annotated[Outcome | None, _Chosen] = None,
    service: Words = "",
    machine: Words = "",
    words: Words = "",
    after: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """Cases, the newest first, those that fit all filters; a case's own id leads to it."""
    text = words.replace("\0", "").strip()
    if (case_id := _id(text)) is not None:
        return RedirectResponse(f"/cases/{case_id}", 303)
    subject = machine.replace("\0", "").strip()
    wanted = CaseFilter(
        state, outcome, service.replace("\0", "") or None, subject or None, None, text or None,
        _cursor(after), _PAGE + 1,
    )  # fmt: skip
    async with pages.database.transaction() as tx:
        found = await cases.search(tx, wanted)
    given = {
        "state": state.value if state else "",
        "outcome": outcome.value if outcome else "",
        "service": service,
        "machine": machine,
        "words": words,
    }
    return _show(pages, person, found, given, after)


def _show(
    pages: Open, person: Person, found: list[Case], given: dict[str, str], after: str
) -> HTMLResponse:
    more = {name: value for name, value in given.items() if value}
    last = found[_PAGE - 1] if len(found) > _PAGE else None
    older = f"{last.opened_at.isoformat()}~{last.id}" if last else None
    return show(
        "cases.html",
        person,
        "cases",
        found=found[:_PAGE],
        given=given,
        filtered=bool(more),
        services=sorted(service.name for service in pages.flow.catalog),
        states=[one.value for one in State],
        outcomes=[one.value for one in Outcome],
        older=urlencode({**more, "after": older}) if older else None,
        newest=urlencode(more) if after else None,
    )


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _cursor(text: str) -> tuple[datetime, UUID] | None:
    at, _, one = text.partition("~")
    try:
        return moments.read(at.replace(" ", "+")), UUID(one)
    except ValueError:
        return None
