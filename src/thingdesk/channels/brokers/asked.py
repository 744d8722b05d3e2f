"""A broker's question: bounded, in JSON or as a form."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.requests import ClientDisconnect, Request

from thingdesk.platform import bounded
from thingdesk.platform.errors import Refused, refuse

_MOST_BYTES = 48 * 1024
_WITHIN = 4.0
_MOST_FIELDS = 20
_FORM = "application/x-www-form-urlencoded"


async def fields(request: Request) -> dict[str, str]:
    """What it says, as text. Raises Refused."""
    announced = request.headers.get("content-length", "")
    try:
        body = await bounded.read(request.stream(), announced, _MOST_BYTES, _WITHIN)
    except ClientDisconnect:
        raise bounded.broken_off() from None
    try:
        if request.headers.get("content-type", "").startswith(_FORM):
            return dict(parse_qsl(body.decode(), max_num_fields=_MOST_FIELDS))
        return _texts(orjson.loads(body))
    except ValueError:
        raise _unread() from None


def _texts(given: Any) -> dict[str, str]:
    if not isinstance(given, Mapping) or len(given) > _MOST_FIELDS:
        raise _unread()
    return {name: "" if one is None else str(one) for name, one in given.items()}


def _unread() -> Refused:
    return refuse("question_unreadable", "the question is neither JSON nor a form")
