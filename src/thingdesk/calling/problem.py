"""Refusals as RFC 9457 problem details."""

from collections.abc import Mapping

from starlette.responses import JSONResponse, Response

from thingdesk.access import Surface
from thingdesk.calling.status import answered, status_of
from thingdesk.platform.errors import Refusal


def problem(
    refusal: Refusal,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
    *,
    event: str | None = None,
    base: str = "",
    surface: Surface = Surface.HTTP,
) -> Response:
    """The refusal as application/problem+json, with its code, recovery and fields, and the `event`
    that is refused where it is about one, and not about the request. `base` is the desk's address.
    """
    code = status or status_of(refusal)
    data = refusal.as_data()
    body = {
        "type": f"urn:thingdesk:problem:{refusal.code}",
        "title": refusal.code.replace("_", " "),
        "status": code,
        "detail": data.pop("reason"),
        **data,
        **({"event": event} if event else {}),
    }
    made = JSONResponse(body, code, headers, media_type="application/problem+json")
    return answered(made, refusal, base, surface)
