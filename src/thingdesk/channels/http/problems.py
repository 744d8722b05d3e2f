"""Refusals as RFC 9457 problem details."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from thingdesk.platform.errors import FieldError, Recovery, Refusal, Refused
from thingdesk.platform.serve import AGAIN_SOON

_STATUS = {
    "unknown_service": 404,
    "case_unknown": 404,
    "job_unknown": 404,
    "hold_unknown": 404,
    "body_late": 408,
    "body_broken_off": 400,
    "too_large": 413,
    "too_much_at_once": 429,
    "machine_not_recognised": 403,
    "not_your_machine": 403,
    # the request would have been good in another state of things
    "command_settled": 409,
    "job_accepted": 409,
    "job_arrived": 409,
    "job_cancelled": 409,
    "job_declined": 409,
    "job_done": 409,
    "job_expired": 409,
    "job_offered": 409,
    "job_under_way": 409,
    "desk_busy": 503,
}
_MOST_FIELDS = 20


def problem(
    refusal: Refusal,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
    *,
    event: str | None = None,
) -> JSONResponse:
    """The refusal as application/problem+json, with its code, recovery and fields, and the `event`
    that is refused where it is about one, and not about the request.
    """
    code = status or _STATUS.get(refusal.code) or _by_recovery(refusal)
    data = refusal.as_data()
    body = {
        "type": f"urn:thingdesk:problem:{refusal.code}",
        "title": refusal.code.replace("_", " "),
        "status": code,
        "detail": data.pop("reason"),
        **data,
        **({"event": event} if event else {}),
    }
    told = dict(headers or {})
    if code == HTTPStatus.UNAUTHORIZED:
        told["WWW-Authenticate"] = "Bearer"
    elif code == HTTPStatus.SERVICE_UNAVAILABLE:
        told |= AGAIN_SOON
    return JSONResponse(body, code, told, media_type="application/problem+json")


async def on_refused(_: Request, error: Exception) -> JSONResponse:
    """What FastAPI calls when a handler raises Refused."""
    if not isinstance(error, Refused):
        raise error
    unauthorised = error.refusal.code.startswith("token_")
    return problem(error.refusal, 401 if unauthorised else None)


async def on_invalid(_: Request, error: Exception) -> JSONResponse:
    """A path or a query that does not fit."""
    if not isinstance(error, RequestValidationError):
        raise error
    words, fields = unfit(error.errors(), "see /v1/openapi.json")
    return problem(Refusal("unfit_request", words, Recovery.FIX_INPUT, fields))


async def on_http(_: Request, error: Exception) -> JSONResponse:
    """No such path, or not with this method."""
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code == HTTPStatus.NOT_FOUND:
        words = "nothing is at this path; /v1/openapi.json says what is"
        refusal = Refusal("not_found", words, Recovery.FIX_INPUT)
    elif error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        words = "this path has other methods; /v1/openapi.json says which"
        refusal = Refusal("method_not_allowed", words, Recovery.FIX_INPUT)
    else:
        refusal = Refusal("http", f"{error.detail}", Recovery.FIX_INPUT)
    return problem(refusal, error.status_code, error.headers)


async def on_failure(_: Request, __: Exception) -> JSONResponse:
    """Our own failure, which the server logs: the request may be good, and fit at another time."""
    words = "the desk could not do this now; send the same again later"
    # the server ends such a connection: who is not told loses the next request that goes by it
    return problem(Refusal("desk_failed", words, Recovery.RETRY), 503, {"Connection": "close"})


def unfit(errors: Sequence[Mapping[str, Any]], mend: str) -> tuple[str, tuple[FieldError, ...]]:
    """What pydantic found wrong, field by field."""
    fields = tuple(
        FieldError(".".join(str(part)[:64] for part in one["loc"]), one["msg"], mend)
        for one in errors[:_MOST_FIELDS]
    )
    return "; ".join(f"{one.path}: {one.problem}" for one in fields[:3]), fields


def _by_recovery(refusal: Refusal) -> int:
    return {Recovery.RETRY: 503, Recovery.FIX_INPUT: 422}.get(refusal.recovery, 403)
