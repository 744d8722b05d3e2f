"""Refusals as RFC 9457 problem details."""

from fastapi import Request
from fastapi.responses import JSONResponse

from thingdesk.platform.errors import Recovery, Refusal, Refused

_STATUS = {
    "unknown_service": 404,
    "case_unknown": 404,
    "too_large": 413,
    "machine_not_recognised": 403,
    "not_your_machine": 403,
}


def problem(refusal: Refusal, status: int | None = None) -> JSONResponse:
    """The refusal as application/problem+json, with its code, recovery and fields."""
    code = status or _STATUS.get(refusal.code) or _by_recovery(refusal)
    data = refusal.as_data()
    body = {
        "type": f"urn:thingdesk:problem:{refusal.code}",
        "title": refusal.code.replace("_", " "),
        "status": code,
        "detail": data.pop("reason"),
        **data,
    }
    headers = {"WWW-Authenticate": "Bearer"} if code == 401 else None  # noqa: PLR2004
    return JSONResponse(body, code, headers, media_type="application/problem+json")


async def on_refused(_: Request, error: Exception) -> JSONResponse:
    """What FastAPI calls when a handler raises Refused."""
    if not isinstance(error, Refused):
        raise error
    unauthorised = error.refusal.code.startswith("token_")
    return problem(error.refusal, 401 if unauthorised else None)


def _by_recovery(refusal: Refusal) -> int:
    return {Recovery.RETRY: 503, Recovery.FIX_INPUT: 422}.get(refusal.recovery, 403)
