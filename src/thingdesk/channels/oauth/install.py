from collections.abc import Awaitable, Callable
from functools import partial

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router

from thingdesk.access import TOKEN_PATH, Surface
from thingdesk.channels.oauth import metadata, paths, problems
from thingdesk.channels.oauth.doors import Doors
from thingdesk.platform.errors import Refused

_PREFIX = "/oauth"
# what is said to everybody may be read by the pages of everybody
_PUBLIC = {"Access-Control-Allow-Origin": "*"}


def install(app: Router, doors: Doors) -> None:
    """Let `app` answer below /oauth and at the well-known addresses of OAuth."""
    base = doors.base
    said = {metadata.SERVER: metadata.of_server(base)}
    said[metadata.RESOURCE] = metadata.of_surface(base, Surface.HTTP)
    for one in Surface:
        said[metadata.RESOURCE + one.at("")] = metadata.of_surface(base, one)
    app.routes.extend(Route(path, _saying(partial(dict, one))) for path, one in said.items())
    keys = _saying(lambda: {"keys": list(doors.key.public_jwks)})
    app.routes.append(Route(metadata.KEYS, keys))
    own = Starlette(
        routes=[
            Route(path.removeprefix(_PREFIX), answer, methods=[method])
            for path, answer, method in (
                (TOKEN_PATH, paths.token, "POST"),
                (metadata.PAIR, paths.pair, "POST"),
                (metadata.REVOKE, paths.revoke, "POST"),
                (metadata.INTROSPECT, paths.introspect, "POST"),
                (metadata.AUTHORIZE, paths.authorize, "GET"),
            )
        ],
        middleware=[
            Middleware(
                CORSMiddleware,
                allow_origins=["*"],
                allow_methods=["POST"],
                allow_headers=["dpop", "content-type"],
            )
        ],
        exception_handlers={Refused: problems.on_refused, Exception: problems.on_failure},
    )
    own.state.doors = doors
    app.mount(_PREFIX, own)


def _saying(about: Callable[[], object]) -> Callable[[Request], Awaitable[Response]]:
    async def say(_: Request) -> Response:
        return JSONResponse(about(), headers=_PUBLIC)

    return say
