"""What went wrong, as a page that says what to do now."""

from http import HTTPStatus
from urllib.parse import quote

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from thingdesk.platform.errors import Recovery, Refusal, Refused
from thingdesk.platform.serve import AGAIN_SOON
from thingdesk.web.contact import contact
from thingdesk.web.render import page

_TITLES = {
    "link_expired": "This link has expired",
    "link_ended": "This link does not work any more",
    "link_unreadable": "This link does not work",
    "foreign_form": "That did not come from here",
    "not_found": "There is no such page",
    "case_unknown": "There is no such case",
    "machine_unknown": "There is no such machine",
    "provider_unknown": "There is no such provider",
    "decision_gone": "This is no longer yours",
    "case_gone": "There is no such case here",
    "request_gone": "This waits no longer",
    "mandate_gone": "There is no such mandate",
    "owner_gone": "Nobody is here any more",
    "owner_unknown": "There is no such owner",
    "staff_unknown": "There is no such account",
    "not_allowed": "That is not yours to do",
    "unfit_request": "That cannot be read",
}
_STATUS = {
    "link_expired": 410,
    "link_ended": 410,
    "link_unreadable": 404,
    "decision_unknown": 404,
    "decision_gone": 410,
    "case_gone": 404,
    "hold_unknown": 404,
    "mandate_gone": 404,
    "request_gone": 410,
    "owner_gone": 404,
    "job_unknown": 404,
    "case_unknown": 404,
    "machine_unknown": 404,
    "owner_unknown": 404,
    "provider_unknown": 404,
    "staff_unknown": 404,
}
_BY_RECOVERY = {Recovery.RETRY: 503, Recovery.FIX_INPUT: 422}


# by the first part of an address: whose list it is, and the words to go back to that
_PLACES = {
    "cases": ("case_unknown", "All cases"),
    "machines": ("machine_unknown", "All machines"),
    "owners": ("owner_unknown", "All owners"),
    "providers": ("provider_unknown", "All providers"),
    "people": ("staff_unknown", "People"),
}
_OF_LINKS = {"owner", "decision", "job", "set-up"}
# where an owner has logged in, and goes on to their own page
_LOGGED_IN = {"allow", "enter", "pair", "question"}
_OF_OWNERS = {"owner", "decision", *_LOGGED_IN}
_OWN = 2  # parts of an address below an owner's page


def problem(
    refusal: Refusal, status: int | None = None, asked: Request | None = None
) -> HTMLResponse:
    """The refusal as a page; for what was `asked`, with a way back and how a person is reached."""
    code = status or _STATUS.get(refusal.code) or _BY_RECOVERY.get(refusal.recovery, 403)
    title = _TITLES.get(refusal.code, "That did not work")
    return _page(refusal, title, code, asked)


def _page(refusal: Refusal, title: str, status: int, asked: Request | None) -> HTMLResponse:
    path = asked.url.path if asked else ""
    person = contact(asked.app.state.pages.contact) if asked else None
    made = page(
        "problem.html",
        status,
        title=title,
        refusal=refusal,
        back=_back(path, refusal.code) if asked else None,
        contact=person,
        owners=_first(path) in _OF_OWNERS,
    )
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        made.headers.update(AGAIN_SOON)
    return made


def _first(at: str) -> str:
    return at.strip("/").partition("/")[0]


def _back(at: str, code: str) -> tuple[str, str] | None:
    """Where to go on from an address, and its words; nowhere where that would be the same again."""
    first, *rest = at.strip("/").split("/")
    if first in _LOGGED_IN:
        return "/enter", "Go to your page"
    if first == "owner" and len(rest) >= _OWN and code in {"not_found", "case_gone"}:
        return f"/owner/{quote(rest[0])}", "Go to your page"
    if first in _OF_LINKS:
        return None
    if first in _PLACES:
        return f"/{first}", _PLACES[first][1]
    return "/", "Go to the wall"


async def on_refused(request: Request, error: Exception) -> HTMLResponse:
    if not isinstance(error, Refused):
        raise error
    return problem(error.refusal, asked=request)


async def on_invalid(request: Request, error: Exception) -> HTMLResponse:
    """A path, query or form that does not fit. An id that is none is one of nothing."""
    if not isinstance(error, RequestValidationError):
        raise error
    if any(one["loc"][0] == "path" for one in error.errors()):
        no_id = "The address has something in it that is no id: perhaps not all of it was copied."
        refusal = Refusal("not_found", no_id, Recovery.FIX_INPUT)
        kind, _ = _PLACES.get(request.url.path.split("/")[1], ("not_found", ""))
        return _page(refusal, _TITLES[kind], HTTPStatus.NOT_FOUND, request)
    where = ", ".join(str(one["loc"][-1]) for one in error.errors())
    words = f"The page was asked for with something that does not fit: {where}."
    return problem(Refusal("unfit_request", words, Recovery.FIX_INPUT), asked=request)


async def on_http(request: Request, error: Exception) -> HTMLResponse:
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code == HTTPStatus.NOT_FOUND:
        refusal = Refusal("not_found", "Nothing is at this address.", Recovery.FIX_INPUT)
    else:
        refusal = Refusal("http", f"{error.detail}.", Recovery.FIX_INPUT)
    return problem(refusal, error.status_code, request)
