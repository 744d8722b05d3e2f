"""The HTTP status of a refusal, and what its headers say."""

from http import HTTPStatus

from starlette.responses import Response

from thingdesk.access import Surface
from thingdesk.intake import TOO_MUCH
from thingdesk.platform.errors import Recovery, Refusal
from thingdesk.platform.serve import AGAIN_SOON

_STATUS = {
    "unknown_service": 404,
    "case_unknown": 404,
    "job_unknown": 404,
    "hold_unknown": 404,
    "hook_unknown": 404,
    "link_unreadable": 404,
    "notice_unknown": 404,
    "command_unknown": 404,
    "unfit_cursor": 404,
    "body_late": 408,
    "body_broken_off": 400,
    "too_deep": 400,
    "too_large": 413,
    "unsupported_media": 415,
    "too_much_at_once": 429,
    "too_many_calls": 429,
    "too_many_follow": 429,
    "too_many_open_cases": 429,
    "too_many_holds": 429,
    "machine_not_recognised": 403,
    "not_your_machine": 403,
    "not_for_this_machine": 403,
    "only_by_own_key": 403,
    # the request would have been good in another state of things
    "command_settled": 409,
    "hold_not_ready": 409,
    "hold_over": 409,
    "job_accepted": 409,
    "job_arrived": 409,
    "job_cancelled": 409,
    "job_declined": 409,
    "job_done": 409,
    "job_expired": 409,
    "job_offered": 409,
    "job_under_way": 409,
    "two_subjects": 409,
    "too_many_hooks": 409,
    "hook_forbidden": 409,
    "hook_not_verified": 409,
    # a mistake in a service's own code: it would come again
    "service_failed": 500,
    "outcome_too_long": 500,
}
# what is wrong in itself; all else that is to be mended does not fit to what the desk knows
_UNFIT = (
    "answer_invalid",
    "bad_event",
    "bad_report",
    "bad_signal",
    "batch_size",
    "broken_json",
    "event_id_reused",
    "invalid_input",
    "unfit_input",
    "unfit_request",
)
# what the desk itself could not do; all else that is to be tried again was asked for too early
_OURS = "desk_"
_RECOVERY = {Recovery.RETRY: 409, Recovery.FIX_INPUT: 409}


def status_of(refusal: Refusal) -> int:
    """Which status says best what the refusal says."""
    if refusal.code.startswith(("token_", "proof_")):
        return HTTPStatus.UNAUTHORIZED
    if refusal.code in _UNFIT:
        return HTTPStatus.UNPROCESSABLE_ENTITY
    if refusal.code.startswith(_OURS):
        return HTTPStatus.SERVICE_UNAVAILABLE
    return _STATUS.get(refusal.code) or _RECOVERY.get(refusal.recovery, HTTPStatus.FORBIDDEN)


def answered(
    answer: Response, refusal: Refusal, base: str = "", surface: Surface = Surface.HTTP
) -> Response:
    """The answer, with what its headers say: how to prove who one is, and when to come again."""
    if answer.status_code == HTTPStatus.UNAUTHORIZED:
        for one in _challenges(refusal, base, surface):
            answer.headers.append("WWW-Authenticate", one)
    elif answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE or refusal == TOO_MUCH:
        answer.headers.update(AGAIN_SOON)
    return answer


def _challenges(refusal: Refusal, base: str, surface: Surface) -> tuple[str, str]:
    """What to show (RFC 6750, 9449), and where it says how to get it (RFC 9728)."""
    path = surface.at("").lstrip("/")
    where = f'resource_metadata="{base}/.well-known/oauth-protected-resource/{path}"'
    error = "invalid_dpop_proof" if refusal.code.startswith("proof_") else "invalid_token"
    # who has shown nothing is told where to get a token, and not that it is a bad one
    said = "" if refusal.code == "token_missing" else f', error="{error}"'
    return f"Bearer {where}{said}", f'DPoP algs="EdDSA ES256", {where}{said}'
