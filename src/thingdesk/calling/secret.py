"""The secret that brokers and platforms of others show with each request."""

import logging
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from thingdesk.calling.problem import problem
from thingdesk.calling.sender import address_of
from thingdesk.platform.errors import Refusal
from thingdesk.platform.guesses import Guesses, Shown
from thingdesk.platform.sparing import SparingLog

_log = SparingLog(logging.getLogger(__name__))


class Secret:
    """Hears who shows it; `refusal` is made of what is to be said of it to all others."""

    def __init__(self, secret: str, refusal: Callable[[str], Refusal]) -> None:
        self._guesses = Guesses(secret)
        self._refusal = refusal

    def why_not(self, request: Request) -> Response | None:
        """The answer to a request that does not show it; None for one that does."""
        look = self._guesses.look(request.headers.get("authorization", ""), address_of(request))
        if look.shown is Shown.RIGHT:
            return None
        refusal = self._refusal(look.words)
        _log.warning(f"somebody without the secret: {refusal.reason}")
        if look.shown is Shown.UNSEEN:
            return problem(refusal, 429, {"Retry-After": str(look.wait)})
        return problem(refusal, 401, {"WWW-Authenticate": "Bearer"})
