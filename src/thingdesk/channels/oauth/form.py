"""What a client sends: parameters, each once, in bounds."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

from thingdesk.calling import sender_of
from thingdesk.intake import BUSY, TOO_MUCH
from thingdesk.platform.errors import Recovery, Refused, refuse
from thingdesk.platform.share import Room, Share

_FORM = "application/x-www-form-urlencoded"
_MOST_BYTES = 32 * 1024
_MOST_FIELDS = 40
_WITHIN = 5.0
_ANSWER_WITHIN = 10.0
# of one address: more than a fleet behind it needs, and less than would hold up others
_share = Share(100, 100 * _MOST_BYTES, (1000, 1000 * _MOST_BYTES))


@dataclass(frozen=True, slots=True)
class Form:
    """Parameters, and the only one that may come more than once (RFC 8707)."""

    values: Mapping[str, str] = field(repr=False)
    resources: tuple[str, ...] = ()


@asynccontextmanager
async def room(request: Request) -> AsyncIterator[None]:
    """Room among what is under way; of one sender there is only so much, so that the others have
    theirs. Raises Refused where there is none, or when the answer takes too long.
    """
    place = _share.take(sender_of(request), 1)
    if place.room is not Room.FREE:
        raise Refused(TOO_MUCH if place.room is Room.NONE_OF_THEIRS else BUSY)
    try:
        async with asyncio.timeout(_ANSWER_WITHIN):
            yield
    except TimeoutError:
        raise Refused(BUSY) from None
    finally:
        place.give_back()


async def sent(request: Request) -> Form:
    """The body of a POST. Raises Refused."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _FORM:
        raise refuse("form_unfit", f"send {_FORM}")
    return read((await _body(request)).decode(errors="replace"))


def read(text: str) -> Form:
    """A query, or a body. Raises Refused."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise refuse("form_unfit", f"send {_MOST_FIELDS} parameters at most") from None
    if any("\0" in value or "\0" in name for name, value in pairs):
        raise refuse("form_unfit", "a parameter holds what is no text")
    # what is sent without a value counts as not sent (RFC 6749, 3.1)
    resources = tuple(value for name, value in pairs if name == "resource" and value)
    single = [(name, value) for name, value in pairs if name != "resource" and value]
    values = dict(single)
    if len(values) != len(single):
        raise refuse("form_unfit", "send each parameter once")
    return Form(values, resources)


async def _body(request: Request) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(_WITHIN):
            async for part in request.stream():
                body += part
                if len(body) > _MOST_BYTES:
                    raise refuse("too_large", f"send {_MOST_BYTES} bytes at most")
    except TimeoutError:
        words = f"the body did not come within {_WITHIN:g} seconds"
        raise refuse("body_late", words, Recovery.RETRY) from None
    except ClientDisconnect:
        words = "the connection ended before the body did"
        raise refuse("body_broken_off", words, Recovery.RETRY) from None
    return bytes(body)
