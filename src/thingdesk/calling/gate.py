"""What stands before the library of a surface: nothing reaches it that has no caller, is too large
or too deep, or is too much for one caller at once.
"""

import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from thingdesk.access import Caller
from thingdesk.calling import body
from thingdesk.calling.caller import Calls
from thingdesk.calling.problem import problem
from thingdesk.calling.status import answered, status_of
from thingdesk.calling.telling import Telling
from thingdesk.intake import BUSY, TOO_MUCH
from thingdesk.platform.cloudevents import MOST_BYTES
from thingdesk.platform.errors import Refusal, Refused, refuse
from thingdesk.platform.share import Place, Room, Share

_CALLER = "thingdesk.caller"
_MOST_DEPTH = 32
_ALL_OPEN_AND_CLOSE = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS = bytes(one for one in range(256) if one not in b"[]{}")
# escapes of JSON, in pairs where two make a character; the first group is one that stands alone
_HALVES = re.compile(rb"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(u[dD][89a-fA-F]..)|.)", re.DOTALL)
_BYTES = 4 * MOST_BYTES
_OF_ALL = (4_000, 64 * MOST_BYTES)
_NO_ROOM = {Room.NONE_OF_THEIRS: TOO_MUCH, Room.NONE_AT_ALL: BUSY}
_App = Callable[[Any, Any, Any], Awaitable[None]]
Form = Callable[[Refusal, int], Response]
"""A refusal, with its status over HTTP, as the surface tells it."""


def caller_of(request: Request) -> Caller:
    """Whom the gate has recognised."""
    found: Caller = request.scope[_CALLER]
    return found


def make_share(most: int) -> Share:
    """So many requests of one caller at once, streams among them."""
    return Share(most, _BYTES, _OF_ALL)


def gated(app: _App, calls: Calls, share: Share, form: Form) -> _App:
    """The application, for who shows a good token, has room in its `share`, and has not used up
    what all its calls have together. Who does not is told in the surface's own form; how to prove
    who one is comes before any of them, as a problem (RFC 6750, 9457).
    """
    return Telling(_Gate(app, calls, share, form), calls.quota)


class _Gate:
    def __init__(self, app: _App, calls: Calls, share: Share, form: Form) -> None:
        self._app = app
        self._calls = calls
        self._share = share
        self._form = form

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        try:
            caller = await self._calls.admit(request)
            place = self._place(caller, body.size_of(request))
        except Refused as refused:
            await self._refuse(refused)(scope, receive, send)
            return
        try:
            content = await _flat(request)
        except Refused as refused:
            await self._refuse(refused)(scope, receive, send)
        else:
            await self._app({**scope, _CALLER: caller}, _again(content, receive), send)
        finally:
            place.give_back()

    def _place(self, caller: Caller, size: int) -> Place:
        """Raises Refused where there is none."""
        place = self._share.take(caller.machine, size)
        if place.room is not Room.FREE:
            raise Refused(_NO_ROOM[place.room])
        return place

    def _refuse(self, refused: Refused) -> Response:
        status = status_of(refused.refusal)
        if status == HTTPStatus.UNAUTHORIZED:
            base, surface = self._calls.base, self._calls.surface
            return problem(refused.refusal, base=base, surface=surface)
        return answered(self._form(refused.refusal, status), refused.refusal)


async def _flat(request: Request) -> bytes:
    """The body. Raises Refused, also when what is in it lies too deep, or is text that nobody could
    be answered with: Python's own JSON takes it.
    """
    content = await body.read(request)
    if not _is_text(content):
        raise refuse("broken_json", "it is no UTF-8, or has half a character (U+D800 to DFFF)")
    if _is_deep(content):
        raise refuse("too_deep", f"it is nested deeper than {_MOST_DEPTH}: send it flatter")
    return content


def _is_text(content: bytes) -> bool:
    """Whether it is UTF-8, and escapes no half of a character. UTF-16 has NUL in it, UTF-8 none."""
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in content and not any(one[1] for one in _HALVES.finditer(content))


def _is_deep(content: bytes) -> bool:
    """Whether brackets are nested deeper than they may be; those in texts count, too. What is never
    closed counts by itself.
    """
    left = content.translate(_ALL_OPEN_AND_CLOSE, _NO_BRACKETS)
    for _ in range(_MOST_DEPTH):
        left = left.replace(b"[]", b"")
    return b"[]" in left or left.count(b"[") > _MOST_DEPTH


def _again(content: bytes, receive: Any) -> Callable[[], Awaitable[Any]]:
    """The body that was read, and then what comes after it: that the other side has gone."""
    given = False

    async def take() -> Any:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": content, "more_body": False}

    return take
