"""What happens to a case: as a page, or as a stream of server-sent events that goes on where a
reader was.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import Response, StreamingResponse

from thingdesk.calling import answers_soon, problem
from thingdesk.channels.http.doors import Calling, Doors, Open
from thingdesk.channels.http.schemas import CALLED, SECURED, refusals
from thingdesk.channels.http.shapes import EventsShown, Happened
from thingdesk.dialogue import Told
from thingdesk.platform.errors import Recovery, Refused, refuse

router = APIRouter(prefix="/cases", tags=["cases"], responses=refusals(*CALLED))
STREAM = "text/event-stream"
_MOST = 100
_LAST = 2**31 - 1
_BEAT = 15.0
# whoever may not be served any more by then has to prove anew that they may
_LONGEST = 900.0
_STREAMS_EACH = 20
_open: Counter[str] = Counter()
Place = Annotated[int | None, Query(ge=0, le=_LAST, description="Begin after this number.")]
LastId = Annotated[
    str | None,
    Header(alias="Last-Event-ID", pattern="^[0-9]{1,10}$", description="The same, of a stream."),
]
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "model": EventsShown,
        "description": f"A page; a stream for those who accept {STREAM}.",
        "content": {STREAM: {"schema": {"type": "string"}}},
    },
    204: {"description": "A stream has ended with its case: there is nothing more to come."},
}


@router.get(
    "/{case_id}/events",
    response_model=None,
    responses=_ANSWERS,
    openapi_extra=SECURED,
)
async def get_events(
    doors: Open,
    caller: Calling,
    case_id: UUID,
    request: Request,
    after: Place = None,
    last: LastId = None,
    most: Annotated[int, Query(ge=1, le=_MOST)] = _MOST,
) -> Response:
    """What happened to a case after a number, the oldest first."""
    place = min(int(last), _LAST) if last is not None else after or 0
    if STREAM not in request.headers.get("accept", ""):
        return await _page(doors, caller, case_id, place, most)
    if await _is_over(doors, caller, case_id, place):
        return Response(None, 204)
    if _open[caller.machine] >= _STREAMS_EACH:
        raise refuse("too_many_follow", "too many streams of this machine", Recovery.RETRY)
    stream = _stream(doors, caller, case_id, place)
    return StreamingResponse(stream, media_type=STREAM, headers={"X-Accel-Buffering": "no"})


@answers_soon
async def _page(doors: Doors, caller: Calling, case_id: UUID, after: int, most: int) -> Response:
    found = await doors.dialogue.timeline(caller, case_id, after, most)
    further = found[-1].number if len(found) == most else None
    shown = EventsShown(events=[Happened.of(one) for one in found], next=further)
    return Response(shown.model_dump_json(), media_type="application/json")


@answers_soon
async def _is_over(doors: Doors, caller: Calling, case_id: UUID, after: int) -> bool:
    case = await doors.dialogue.case(caller, case_id)
    return case.ended and not await doors.dialogue.timeline(caller, case_id, after, 1)


async def _stream(doors: Doors, caller: Calling, case_id: UUID, after: int) -> AsyncIterator[bytes]:
    """Ends with the case, to be asked for anew, or at once with the reason why the caller may not
    see it any more.
    """
    _open[caller.machine] += 1
    try:
        yield b"retry: 3000\n\n"
        followed = doors.dialogue.follow(caller, case_id, after)
        try:
            async with aclosing(followed) as told:
                async for one in _with_beats(told):
                    yield _event(one) if one else b": still here\n\n"
        except Refused as refused:
            yield b"event: refused\ndata: " + bytes(problem(refused.refusal).body) + b"\n\n"
    finally:
        _open[caller.machine] -= 1
        _open.pop(caller.machine) if not _open[caller.machine] else None


async def _with_beats(told: AsyncIterator[Told]) -> AsyncIterator[Told | None]:
    """What is told, and None from time to time, so that nobody on the way takes it for dead."""
    until = asyncio.get_running_loop().time() + _LONGEST
    waiting: asyncio.Task[Told | None] | None = None
    try:
        while asyncio.get_running_loop().time() < until:
            waiting = waiting or asyncio.create_task(anext(told, None))
            done, _ = await asyncio.wait({waiting}, timeout=_BEAT)
            if not done:
                yield None
                continue
            one, waiting = waiting.result(), None
            if one is None:
                return
            yield one
    finally:
        if waiting:
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)


def _event(one: Told) -> bytes:
    data = Happened.of(one).model_dump_json()
    return f"id: {one.number}\nevent: {one.kind}\ndata: {data}\n\n".encode()
