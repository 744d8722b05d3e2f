"""The body of a request, never more of it than may be sent, whatever its headers say."""

from starlette.requests import ClientDisconnect, Request

from thingdesk.platform import bounded
from thingdesk.platform.cloudevents import MOST_BYTES

_WITHIN = 10.0


async def read(request: Request, within: float = _WITHIN) -> bytes:
    """All of it. Raises Refused when it is too large, or does not come within so many seconds."""
    announced = request.headers.get("content-length", "")
    try:
        return await bounded.read(request.stream(), announced, MOST_BYTES, within)
    except ClientDisconnect:
        raise bounded.broken_off() from None
