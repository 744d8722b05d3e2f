"""What went wrong, as a page that says what to do now."""

from http import HTTPStatus

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from thingdesk.platform.errors import Recovery, Refusal, Refused
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
    "owner_gone": 404,
    "job_unknown": 404,
    "case_unknown": 404,
    "machine_unknown": 404,
    "owner_unknown": 404,
    "provider_unknown": 404,
    "staff_unknown": 404,
}
_BY_RECOVERY = {Recovery.RETRY: 503, Recovery.FIX_INPUT: 422}


def problem(refusal: Refusal, status: int | None = None) -> HTMLResponse:
    """The refusal as a page."""
    code = status or _STATUS.get(refusal.code) or _BY_RECOVERY.get(refusal.recovery, 403)
    title = _TITLES.get(refusal.code, "That did not work")
    return page("problem.html", code, title=title, refusal=refusal)


async def on_refused(_: Request, error: Exception) -> HTMLResponse:
    if not isinstance(error, Refused):
        raise error
    return problem(error.refusal)


async def on_invalid(_: Request, error: Exception) -> HTMLResponse:
    """A path, query or form that does not fit."""
    if not isinstance(error, RequestValidationError):
        raise error
    where = ", ".join(str(one["loc"][-1]) for one in error.errors())
    words = f"The page was asked for with something that does not fit: {where}."
    return problem(Refusal("unfit_request", words, Recovery.FIX_INPUT))


async def on_http(_: Request, error: Exception) -> HTMLResponse:
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code == HTTPStatus.NOT_FOUND:
        refusal = Refusal("not_found", "Nothing is at this address.", Recovery.FIX_INPUT)
    else:
        refusal = Refusal("http", f"{error.detail}.", Recovery.FIX_INPUT)
    return problem(refusal, error.status_code)
