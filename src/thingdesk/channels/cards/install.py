from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router

from thingdesk.catalog import Service
from thingdesk.channels.cards.support import SUPPORT, THING, About, make_support_card

_FRESH = "public, max-age=300"
# a page of anybody's may read what is public
_OPEN = {"Access-Control-Allow-Origin": "*", "Cache-Control": _FRESH}


def install(
    app: Router, services: Iterable[Service], about: About, thing: Mapping[str, Any]
) -> None:
    """Let `app` say what the desk is for, and which `thing` it is. Both are made once: no service
    comes while a desk runs.
    """
    _show(app, SUPPORT, make_support_card(services, about), "application/json")
    _show(app, THING, thing, "application/td+json")


def _show(app: Router, path: str, card: Mapping[str, Any], media_type: str) -> None:
    body = orjson.dumps(card)
    headers = {**_OPEN, "ETag": f'"{sha256(body).hexdigest()[:32]}"'}

    async def get(request: Request) -> Response:
        known = request.headers.get("if-none-match", "")
        if headers["ETag"] in (one.strip().removeprefix("W/") for one in known.split(",")):
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type=media_type)

    app.routes.append(Route(path, get, methods=["GET"]))
