"""The body of a request, never more of it than may be sent, whatever its headers say."""

import asyncio

from starlette.requests import ClientDisconnect, Request

from thingdesk.platform.cloudevents import MOST_BYTES
from thingdesk.platform.errors import Recovery, Refused, refuse

_WITHIN = 10.0


async def read(request: Request, within: float = _WITHIN) -> bytes:
    """All of it. Raises Refused when it is too large, or does not come within so many seconds."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > MOST_BYTES:
        raise _too_large()
    body = bytearray()
    try:
        async with asyncio.timeout(within):
            async for part in request.stream():
                body += part
                if len(body) > MOST_BYTES:
                    raise _too_large()
    except TimeoutError:
        words = f"the body did not come within {within:g} seconds"
        raise refuse("body_late", words, Recovery.RETRY) from None
    except ClientDisconnect:
        words = "the connection ended before the body did"
        raise refuse("body_broken_off", words, Recovery.RETRY) from None
    return bytes(body)


def _too_large() -> Refused:
    return refuse(
        "too_large", f"the body is too large; send {MOST_BYTES} bytes at most, in several requests"
    )
