"""Refusals in the form of TM Forum's `Error`: the code and the reason, and in words what to do."""

from http import HTTPStatus

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from thingdesk.calling import answered, methods_at, status_of
from thingdesk.platform.errors import Recovery, Refusal, Refused

# what TMF621 says of the statuses that it does not have
_AS = {408: 400, 413: 400, 415: 400, 422: 400}
# the request is as it should be, and does not fit to what is offered
_OF = {"not_supported": 403, "unfit_input": 409}
_DO = {
    Recovery.RETRY: "Send the same again later.",
    Recovery.FIX_INPUT: "Mend the request.",
    Recovery.ASK_OWNER: "Ask the owner.",
    Recovery.CONTACT_US: "Contact us.",
}


def answer(refusal: Refusal, status: int | None = None, base: str = "") -> Response:
    """The refusal; what is wrong with each field is in its message."""
    code = status or status_of(refusal)
    code = _OF.get(refusal.code, code)
    code = _AS.get(code, code)
    mends = [f"{one.path} {one.problem}: {one.mend}." for one in refusal.fields]
    said = {
        "@type": "Error",
        "code": refusal.code,
        "reason": refusal.reason,
        "message": " ".join([_DO[refusal.recovery], *mends]),
        "status": str(int(code)),
    }
    return answered(JSONResponse(said, code), refusal, base)


async def on_refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, Refused):
        raise error
    return answer(error.refusal, base=request.app.state.doors.calls.base)


async def on_invalid(_: Request, error: Exception) -> Response:
    """A path or a query that does not fit."""
    if not isinstance(error, RequestValidationError):
        raise error
    words = "; ".join(
        f"{'.'.join(map(str, one['loc']))[:200]}: {one['msg']}" for one in error.errors()[:3]
    )
    return answer(Refusal("unfit_request", words, Recovery.FIX_INPUT))


async def on_http(request: Request, error: Exception) -> Response:
    """No such path, or not with this method."""
    if not isinstance(error, HTTPException):
        raise error
    words = f"{error.detail}: openapi.json says what there is"
    made = answer(Refusal("http", words, Recovery.FIX_INPUT), error.status_code)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        made.headers["Allow"] = methods_at(request)
    return made


async def on_failure(_: Request, __: Exception) -> Response:
    """Our own failure, which the server logs."""
    words = "the desk could not do this now; send the same again later"
    made = answer(Refusal("desk_failed", words, Recovery.RETRY), 503)
    made.headers["Connection"] = "close"
    return made
