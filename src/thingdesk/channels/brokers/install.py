import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route, Router

from thingdesk.access import Callers
from thingdesk.calling import address_of
from thingdesk.channels.brokers import emqx, mosquitto
from thingdesk.channels.brokers.gate import Gate
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refused
from thingdesk.platform.guesses import Guesses, Look, Shown
from thingdesk.platform.sparing import SparingLog

PREFIX = "/brokers"
_ANSWERS = {
    "/emqx/authentication": emqx.authenticate,
    "/emqx/authorization": emqx.authorize,
    "/mosquitto/user": mosquitto.user,
    "/mosquitto/superuser": mosquitto.superuser,
    "/mosquitto/acl": mosquitto.acl,
}
_log = SparingLog(logging.getLogger(__name__))


@asynccontextmanager
async def answering(
    app: Router, database: Database, callers: Callers, secret: str | None
) -> AsyncIterator[None]:
    """Let `app` answer brokers that show the secret, below /brokers; without one nobody."""
    if secret is None:
        yield
        return
    guesses = Guesses(secret)
    async with Gate(database, callers) as gate:
        routes = [
            Route(path, _asking(gate, guesses, answer), methods=["POST"])
            for path, answer in _ANSWERS.items()
        ]
        app.routes.append(Mount(PREFIX, routes=routes))
        yield


def _asking(
    gate: Gate, guesses: Guesses, answer: Callable[[Gate, Request], Awaitable[JSONResponse]]
) -> Callable[[Request], Awaitable[Response]]:
    async def ask(request: Request) -> Response:
        look = guesses.look(request.headers.get("authorization", ""), address_of(request))
        if look.shown is not Shown.RIGHT:
            return _not_right(look)
        try:
            return await answer(gate, request)
        except Refused as refused:
            return JSONResponse({"error": refused.refusal.reason}, 400)

    return ask


def _not_right(look: Look) -> Response:
    _log.warning(f"somebody asks what brokers ask: the secret {look.words}")
    said = {"error": f"the broker's secret {look.words}"}
    if look.shown is Shown.UNSEEN:
        return JSONResponse(said, 429, {"Retry-After": str(look.wait)})
    return JSONResponse(said, 401, {"WWW-Authenticate": "Bearer"})
