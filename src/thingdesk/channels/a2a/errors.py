"""Refusals as errors of A2A, with code, reason and recovery in their details."""

import logging
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from functools import wraps
from typing import Any, TypeVar

from a2a.server.context import ServerCallContext
from a2a.server.request_handlers.response_helpers import build_error_response
from a2a.utils.error_handlers import build_rest_error_payload
from a2a.utils.errors import (
    A2AError,
    InternalError,
    InvalidParamsError,
    InvalidRequestError,
    TaskNotFoundError,
    UnsupportedOperationError,
)
from a2a.utils.proto_utils import validate_proto_required_fields
from google.protobuf.message import Message as ProtoMessage
from starlette.responses import JSONResponse, Response

from thingdesk.platform.errors import Recovery, Refusal, Refused
from thingdesk.platform.sparing import SparingLog

Self = TypeVar("Self")
Wish = TypeVar("Wish", bound=ProtoMessage)
Answer = TypeVar("Answer")
_failures = SparingLog(logging.getLogger(__name__))
# google.rpc.Code, which the binding names in its errors
_STATUS = {429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE"}
_UNKNOWN = "case_unknown"
_BROKEN = "broken_json"
_FAILED = "the desk could not do this now; send the same again later"


def as_error(refusal: Refusal) -> A2AError:
    """What the SDK writes on either binding."""
    told: dict[str, Any] = {
        "code": refusal.code,
        "reason": refusal.reason,
        "recovery": refusal.recovery.value,
    }
    if refusal.code == _UNKNOWN:
        return TaskNotFoundError(refusal.reason, told)
    if refusal.recovery is Recovery.RETRY:
        return InternalError(refusal.reason, told)
    if refusal.recovery is not Recovery.FIX_INPUT:
        return UnsupportedOperationError(refusal.reason, told)
    if refusal.fields:
        told["errors"] = [
            {"field": one.path, "message": f"{one.problem}: {one.mend}"} for one in refusal.fields
        ]
    return InvalidParamsError(refusal.reason, told)


def as_rpc(refusal: Refusal, status: int) -> Response:
    """A refusal of a request of which nothing was read, its id neither."""
    error = as_error(refusal)
    if refusal.code == _BROKEN:
        error = InvalidRequestError(error.message, error.data)
    return JSONResponse(build_error_response(None, error), status)


def as_rest(refusal: Refusal, status: int) -> Response:
    """The same by the other binding, whose error has the status in it."""
    told = build_rest_error_payload(as_error(refusal))
    told["error"] |= {"code": status, "status": _STATUS.get(status, told["error"]["status"])}
    return JSONResponse(told, status)


def guarded(
    method: Callable[[Self, Wish, ServerCallContext], Coroutine[Any, Any, Answer]],
) -> Callable[[Self, Wish, ServerCallContext], Coroutine[Any, Any, Answer]]:
    """A request without what it has to have is refused. Whatever goes wrong is told as A2A says,
    and never in words of our code or the database's.
    """

    @wraps(method)
    async def within(self: Self, params: Wish, context: ServerCallContext) -> Answer:
        try:
            validate_proto_required_fields(params)
            return await method(self, params, context)
        except Exception as error:  # noqa: BLE001 - all of it is told
            raise _told(error) from None

    return within


def guarded_stream(
    method: Callable[[Self, Wish, ServerCallContext], AsyncGenerator[Answer, None]],
) -> Callable[[Self, Wish, ServerCallContext], AsyncGenerator[Answer, None]]:
    """The same for a stream."""

    @wraps(method)
    async def within(
        self: Self, params: Wish, context: ServerCallContext
    ) -> AsyncGenerator[Answer, None]:
        try:
            validate_proto_required_fields(params)
            async with aclosing(method(self, params, context)) as events:
                async for one in events:
                    yield one
        except Exception as error:  # noqa: BLE001 - all of it is told
            raise _told(error) from None

    return within


def _told(error: Exception) -> A2AError:
    if isinstance(error, A2AError):
        return error
    if isinstance(error, Refused):
        return as_error(error.refusal)
    _failures.error("an agent could not be answered", error)
    return InternalError(_FAILED, {"code": "desk_failed", "recovery": Recovery.RETRY.value})
