"""The body of a request, never more of it than may be sent, whatever its headers say."""

from starlette.requests import ClientDisconnect, Request

from thingdesk.platform import bounded
from thingdesk.platform.cloudevents import MOST_BYTES

_WITHIN = 10.0


def size_of(request: Request) -> int:
    """How large it is at most, by what its headers say: so much room it takes."""
    announced = request.headers.get("content-length", "")
    if not announced and "transfer-encoding" not in request.headers:
        return 0  # there is none: RFC 9112, 6.3
    known = announced.isdecimal() and len(announced) < len(str(MOST_BYTES)) + 1
    return min(int(announced), MOST_BYTES) if known else MOST_BYTES


async def read(request: Request, within: float = _WITHIN) -> bytes:
    """All of it. Raises Refused when it is too large, or does not come within so many seconds."""
    announced = request.headers.get("content-length", "")
    try:
        return await bounded.read(request.stream(), announced, MOST_BYTES, within)
    except ClientDisconnect:
        raise bounded.broken_off() from None
