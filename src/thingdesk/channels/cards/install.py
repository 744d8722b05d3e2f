from collections.abc import Iterable
from hashlib import sha256

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router

from thingdesk.catalog import Service
from thingdesk.channels.cards.support import About, make_support_card

SUPPORT = "/.well-known/machine-support.json"
_FRESH = "public, max-age=300"
# a page of anybody's may read what is public
_OPEN = {"Access-Control-Allow-Origin": "*", "Cache-Control": _FRESH}


def install(app: Router, services: Iterable[Service], about: About) -> None:
    """Let `app` say what the desk is for. It is made once: no service comes while a desk runs."""
    body = orjson.dumps(make_support_card(services, about))
    headers = {**_OPEN, "ETag": f'"{sha256(body).hexdigest()[:32]}"'}

    async def get(request: Request) -> Response:
        known = request.headers.get("if-none-match", "")
        if headers["ETag"] in (one.strip().removeprefix("W/") for one in known.split(",")):
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type="application/json")

    app.routes.append(Route(SUPPORT, get, methods=["GET"]))
