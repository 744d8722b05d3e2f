"""What went wrong, as problem details."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from thingdesk.calling import methods_at, problem
from thingdesk.platform import formats
from thingdesk.platform.errors import FieldError, Recovery, Refusal, Refused

_MOST_FIELDS = 20


async def on_refused(request: Request, error: Exception) -> Response:
    """What FastAPI calls when a handler raises Refused."""
    if not isinstance(error, Refused):
        raise error
    return problem(error.refusal, base=request.app.state.doors.calls.base)


async def on_invalid(_: Request, error: Exception) -> Response:
    """A path or a query that does not fit."""
    if not isinstance(error, RequestValidationError):
        raise error
    words, fields = unfit(error.errors(), "see /v1/openapi.json")
    return problem(Refusal("unfit_request", words, Recovery.FIX_INPUT, fields))


async def on_http(request: Request, error: Exception) -> Response:
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
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = methods_at(request)
    return problem(refusal, error.status_code, headers)


async def on_failure(_: Request, __: Exception) -> Response:
    """Our own failure, which the server logs: the request may be good, and fit at another time."""
    words = "the desk could not do this now; send the same again later"
    # the server ends such a connection: who is not told loses the next request that goes by it
    return problem(Refusal("desk_failed", words, Recovery.RETRY), 503, {"Connection": "close"})


def unfit(errors: Sequence[Mapping[str, Any]], mend: str) -> tuple[str, tuple[FieldError, ...]]:
    """What pydantic found wrong, field by field."""
    fields = tuple(
        FieldError(".".join(map(formats.field, one["loc"])), one["msg"], mend)
        for one in errors[:_MOST_FIELDS]
    )
    return "; ".join(f"{one.path}: {one.problem}" for one in fields[:3]), fields
