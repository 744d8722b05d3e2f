from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route, Router

from thingdesk.calling import Secret
from thingdesk.channels.platforms.home_assistant import read_event
from thingdesk.channels.platforms.model import Heard, NotTaken
from thingdesk.channels.platforms.taking import Taking, again
from thingdesk.channels.platforms.thingsboard import read_alarm
from thingdesk.platform import bounded
from thingdesk.platform.cloudevents import MOST_BYTES
from thingdesk.platform.errors import Recovery, Refusal, Refused, refuse
from thingdesk.platform.serve import AGAIN_SOON

PREFIX = "/platforms"
_READERS: dict[str, Callable[[Any], Heard]] = {
    "/thingsboard": read_alarm,
    "/home-assistant": read_event,
}
_MOST = 100
_WITHIN = 10.0


def install(app: Router, taking: Taking, secret: str) -> None:
    """Let `app` take what platforms post that show the secret, below /platforms."""
    shown = Secret(secret, _not_shown)
    routes = [
        Route(path, _taking(taking, shown, read), methods=["POST"])
        for path, read in _READERS.items()
    ]
    app.routes.append(Mount(PREFIX, routes=routes))


def _taking(
    taking: Taking, secret: Secret, read: Callable[[Any], Heard]
) -> Callable[[Request], Awaitable[Response]]:
    async def take(request: Request) -> Response:
        if (why_not := secret.why_not(request)) is not None:
            return why_not
        try:
            heard = [read(one) for one in await _bodies(request)]
        except Refused as refused:
            return JSONResponse({"taken": 0, "refused": [refused.refusal.as_data()]}, 422)
        taken, refusals = 0, list[NotTaken]()
        for one in heard:
            said, refused_of_it = await taking.take(one)
            taken += said - len(refused_of_it)
            refusals += refused_of_it
        return _answer(taken, refusals)

    return take


def _not_shown(said: str) -> Refusal:
    mend = "send THINGDESK_PLATFORM_SECRET as bearer, or as the password of basic authentication"
    words = f"the platform's secret {said}; {mend}"
    return Refusal("platform_secret", words, Recovery.FIX_INPUT)


async def _bodies(request: Request) -> list[Any]:
    announced = request.headers.get("content-length", "")
    try:
        body = await bounded.read(request.stream(), announced, MOST_BYTES, _WITHIN)
        given = orjson.loads(body)
    except ClientDisconnect:
        raise bounded.broken_off() from None
    except orjson.JSONDecodeError:
        raise refuse("platform_unfit", "the body is no JSON") from None
    bodies = given if isinstance(given, list) else [given]
    if not 0 < len(bodies) <= _MOST:
        raise refuse("platform_unfit", f"send 1 to {_MOST} at once")
    return bodies


def _answer(taken: int, refused: list[NotTaken]) -> Response:
    """A failure only where the same may be taken later: a platform that repeats what is refused for
    good would do so for ever.
    """
    code, headers = 200, {}
    if again(refused):
        code, headers = 503, AGAIN_SOON
    elif any(one.refusal.code == "too_much_at_once" for one in refused):
        code, headers = 429, AGAIN_SOON
    said = {"taken": taken, "refused": [one.as_data() for one in refused]}
    return JSONResponse(said, code, headers)
