from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route, Router

from thingdesk.access import Callers
from thingdesk.calling import Secret, problem
from thingdesk.channels.brokers import emqx, mosquitto
from thingdesk.channels.brokers.gate import Gate
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Recovery, Refusal, Refused

PREFIX = "/brokers"
_ANSWERS = {
    "/emqx/authentication": emqx.authenticate,
    "/emqx/authorization": emqx.authorize,
    "/mosquitto/user": mosquitto.user,
    "/mosquitto/superuser": mosquitto.superuser,
    "/mosquitto/acl": mosquitto.acl,
}


@asynccontextmanager
async def answering(
    app: Router, database: Database, callers: Callers, secret: str | None
) -> AsyncIterator[None]:
    """Let `app` answer brokers that show the secret, below /brokers; without one nobody."""
    if secret is None:
        yield
        return
    shown = Secret(secret, _not_shown)
    async with Gate(database, callers) as gate:
        routes = [
            Route(path, _asking(gate, shown, answer), methods=["POST"])
            for path, answer in _ANSWERS.items()
        ]
        app.routes.append(Mount(PREFIX, routes=routes))
        yield


def _asking(
    gate: Gate, secret: Secret, answer: Callable[[Gate, Request], Awaitable[JSONResponse]]
) -> Callable[[Request], Awaitable[Response]]:
    async def ask(request: Request) -> Response:
        if (why_not := secret.why_not(request)) is not None:
            return why_not
        try:
            return await answer(gate, request)
        except Refused as refused:
            return problem(refused.refusal, 400)

    return ask


def _not_shown(said: str) -> Refusal:
    mend = "send THINGDESK_BROKER_SECRET as bearer, or as the password of basic authentication"
    words = f"the broker's secret {said}; {mend}"
    return Refusal("broker_secret", words, Recovery.FIX_INPUT)
