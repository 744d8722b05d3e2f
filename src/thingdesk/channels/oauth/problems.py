"""Refusals as OAuth has them (RFC 6749, 5.2), with our code and recovery beside."""

import re
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from thingdesk.platform.errors import Recovery, Refusal, Refused
from thingdesk.platform.serve import AGAIN_SOON

ERRORS: Mapping[str, str] = {
    "client_unknown": "invalid_client",
    "client_unproven": "invalid_client",
    "client_unusable": "invalid_client",
    "client_unfit": "unauthorized_client",
    "grant_unknown": "invalid_grant",
    "mandate_revoked": "invalid_grant",
    "mandate_unknown": "invalid_grant",
    "not_your_machine": "invalid_grant",
    "grant_type_unknown": "unsupported_grant_type",
    "response_type_unknown": "unsupported_response_type",
    "resource_unknown": "invalid_target",
    "token_not_for_mqtt": "invalid_target",
    "bad_mandate": "invalid_authorization_details",
    "mandate_wider": "invalid_authorization_details",
    "nothing_to_narrow": "invalid_authorization_details",
    "invalid_input": "invalid_authorization_details",
    "owner_not_asked": "authorization_pending",
    "owner_denied": "access_denied",
    "pairing_expired": "expired_token",
    "too_often": "slow_down",
    "desk_busy": "temporarily_unavailable",
    "desk_failed": "temporarily_unavailable",
    "too_much_at_once": "temporarily_unavailable",
    "too_many_wait": "temporarily_unavailable",
    "mandate_passed_on_too_often": "temporarily_unavailable",
}
_STATUS = {
    "invalid_client": 401,
    "too_large": 413,
    "too_much_at_once": 429,
    "too_many_wait": 429,
    "desk_busy": 503,
    "desk_failed": 503,
}
# RFC 6749, 5.2: printable ASCII without these two
_UNSAID = str.maketrans({'"': "'", "\\": "/"})
# without its quotation marks it would be read as our own word
_THEIRS = re.compile(r'"[^"]*"')


def error_of(refusal: Refusal) -> str:
    """The word that OAuth has for it."""
    if refusal.code.startswith("proof_"):
        return "invalid_dpop_proof"
    return ERRORS.get(refusal.code, "invalid_request")


def described(refusal: Refusal) -> str:
    """Its reason, with the letters that an error_description may have; what somebody else wrote is
    left out.
    """
    words = _THEIRS.sub("(...)", refusal.reason).translate(_UNSAID)[:500]
    return "".join(one if " " <= one <= "~" else "?" for one in words)


def status_of(refusal: Refusal) -> int:
    """The HTTP status of it."""
    return _STATUS.get(refusal.code) or _STATUS.get(error_of(refusal)) or 400


def again(status: int) -> Mapping[str, str]:
    """The headers that say when to come again, where that helps."""
    return AGAIN_SOON if status in (429, 503) else {}


def problem(refusal: Refusal) -> Response:
    error = error_of(refusal)
    data = refusal.as_data()
    del data["reason"]
    status = status_of(refusal)
    body = {"error": error, "error_description": described(refusal), **data}
    return JSONResponse(body, status, again(status))


async def on_refused(_: Request, error: Exception) -> Response:
    if not isinstance(error, Refused):
        raise error
    return problem(error.refusal)


async def on_failure(_: Request, __: Exception) -> Response:
    """Our own failure, which the server logs."""
    words = "the desk could not do this now; send the same again later"
    return problem(Refusal("desk_failed", words, Recovery.RETRY))
