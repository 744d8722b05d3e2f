"""Who calls: before the SDK reads anything, the caller is recognised and the body is bounded."""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from a2a.server.context import ServerCallContext
from a2a.server.routes import DefaultServerCallContextBuilder
from starlette.requests import Request
from starlette.responses import JSONResponse

from thingdesk.access import Caller, Callers, Presented, Surface
from thingdesk.channels.a2a.case_tasks import CALLER
from thingdesk.channels.a2a.soon import soon
from thingdesk.intake import BUSY, TOO_MUCH
from thingdesk.platform.cloudevents import MOST_BYTES
from thingdesk.platform.errors import Recovery, Refusal, Refused, refuse
from thingdesk.platform.serve import AGAIN_SOON
from thingdesk.platform.share import Room, Share

_BODY_WITHIN = 10.0
_MOST_DEPTH = 32
_UNDER_WAY = 32
"""Requests and streams of one caller at once."""
_BYTES = 4 * MOST_BYTES
_OF_ALL = (4_000, 64 * MOST_BYTES)
_NO_ROOM = {Room.NONE_OF_THEIRS: TOO_MUCH, Room.NONE_AT_ALL: BUSY}
_App = Callable[[Any, Any, Any], Awaitable[None]]


class Contexts(DefaultServerCallContextBuilder):
    """Hands on whom the entrance has recognised."""

    def build(self, request: Request) -> ServerCallContext:
        context = super().build(request)
        context.state[CALLER] = request.scope[CALLER]
        return context


class Entrance:
    """Lets in who shows a good token; of one caller so many requests at once."""

    def __init__(self, app: _App, callers: Callers, share: Share) -> None:
        self._app = app
        self._callers = callers
        self._share = share

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        try:
            caller = await self._recognise(request)
            body = await _body(request)
        except Refused as refused:
            await self._refuse(refused.refusal)(scope, receive, send)
            return
        place = self._share.take(caller.machine, len(body))
        try:
            if place.room is not Room.FREE:
                await self._refuse(_NO_ROOM[place.room])(scope, receive, send)
                return
            await self._app({**scope, CALLER: caller}, _again(body, receive), send)
        finally:
            place.give_back()

    async def _recognise(self, request: Request) -> Caller:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() not in ("bearer", "dpop") or not token.strip():
            raise refuse("token_missing", "send Authorization: Bearer or DPoP, and a token")
        presented = Presented(
            token.strip(),
            scheme.lower(),
            request.headers.get("dpop"),
            request.method,
            f"{Surface.A2A.at(self._callers.base)}{_below(request)}",
        )
        return await soon(self._callers.recognise(presented, Surface.A2A))

    def _refuse(self, refusal: Refusal) -> JSONResponse:
        status = _status(refusal)
        told: dict[str, str] = {}
        if status == HTTPStatus.UNAUTHORIZED:
            metadata = f"{self._callers.base}/.well-known/oauth-protected-resource/{Surface.A2A}"
            told["WWW-Authenticate"] = (
                f'Bearer resource_metadata="{metadata}", DPoP algs="EdDSA ES256"'
            )
        elif status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
            told |= AGAIN_SOON
        data = refusal.as_data()
        problem = {
            "type": f"urn:thingdesk:problem:{refusal.code}",
            "title": refusal.code.replace("_", " "),
            "status": status,
            "detail": data.pop("reason"),
            **data,
        }
        return JSONResponse(problem, status, told, media_type="application/problem+json")


def make_share() -> Share:
    return Share(_UNDER_WAY, _BYTES, _OF_ALL)


def _status(refusal: Refusal) -> HTTPStatus:
    if refusal.code.startswith(("token_", "proof_")):
        return HTTPStatus.UNAUTHORIZED
    if refusal == TOO_MUCH:
        return HTTPStatus.TOO_MANY_REQUESTS
    if refusal.recovery is Recovery.RETRY:
        return HTTPStatus.SERVICE_UNAVAILABLE
    if refusal.code == "too_large":
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    return HTTPStatus.BAD_REQUEST


def _below(request: Request) -> str:
    _, _, rest = request.url.path.partition(f"/{Surface.A2A}")
    return rest


async def _body(request: Request) -> bytes:
    """Never more of it than may be sent. Raises Refused."""
    body = bytearray()
    try:
        async with asyncio.timeout(_BODY_WITHIN):
            async for part in request.stream():
                body += part
                if len(body) > MOST_BYTES:
                    raise refuse("too_large", f"send {MOST_BYTES} bytes at most")
    except TimeoutError:
        words = f"the body did not come within {_BODY_WITHIN:g} seconds"
        raise refuse("body_late", words, Recovery.RETRY) from None
    if _depth(body) > _MOST_DEPTH:
        raise refuse("too_deep", f"it is nested deeper than {_MOST_DEPTH}: send it flatter")
    return bytes(body)


def _depth(body: bytearray) -> int:
    """How deep brackets are nested at most; those in texts count, too, unless they end there."""
    depth = deepest = 0
    for one in body:
        if one in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif one in b"]}":
            depth -= 1
    return deepest


def _again(body: bytes, receive: Any) -> Callable[[], Awaitable[Any]]:
    """The body that was read, and then what comes after it: that the other side has gone."""
    given = False

    async def take() -> Any:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return take
